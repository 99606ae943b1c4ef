import { test } from 'tap';

import { effectiveConfig } from '../../../cluster/config/effective-config.js';
import { formatKeepalived } from '../../../cluster/config/keepalived-format.js';
import { loadKeepalived, type ParsedKeepalived } from '../../../cluster/config/keepalived.js';
import { NoSurroundings } from '../../../cluster/config/source-text.js';
import { HealthOfEverything } from './health-sample.js';
import { packagedSamples } from './packaged-samples.js';
import { ElectionsOfEverything, NodeOfEverything } from './samples.js';

/** The id that one of the samples is made for. */
const surroundings = { ...NoSurroundings, configId: 'high' };

const load = (text: string): ParsedKeepalived => loadKeepalived(text, 'sample', surroundings);

const commentsOf = (text: string): readonly string[] =>
  text.match(/(?<![^\s])[#!].*/g)?.map((comment) => comment.trim()) ?? [];

const all = [
  ...packagedSamples(),
  { name: 'our services', text: NodeOfEverything },
  { name: 'our elections', text: ElectionsOfEverything },
  { name: 'our checkers', text: HealthOfEverything },
];

test('each of the 25 configurations that come with keepalived is read', (t) => {
  const samples = packagedSamples();
  t.equal(samples.length, 25);
  for (const { name, text } of samples) t.doesNotThrow(() => load(text), name);
  t.end();
});

test('each keyword of theirs that has no effect is named once', (t) => {
  for (const { name, text } of packagedSamples()) {
    const messages = load(text).warnings.map(({ message }) => message);
    t.equal(new Set(messages).size, messages.length, name);
    const isMail = /^\s*(?:notification_email|smtp_server|smtp_alert)\b/m.test(text);
    t.equal(messages.join('\n').includes('no mail is sent'), isMail, name);
  }
  t.end();
});

test('the effective configuration of a file is the same configuration', (t) => {
  for (const { name, text } of all) {
    const { config } = load(text);
    const effective = effectiveConfig(config);
    t.strictSame(load(effective).config, config, name);
    t.strictSame(effectiveConfig(load(effective).config), effective, `${name} once more`);
  }
  t.end();
});

test('formatting a file changes neither its meaning nor its comments, and the second time nothing', (t) => {
  for (const { name, text } of all) {
    const formatted = formatKeepalived(text);
    t.strictSame(load(formatted).config, load(text).config, name);
    t.strictSame(commentsOf(formatted), commentsOf(text), `${name} has its comments`);
    t.equal(formatKeepalived(formatted), formatted, `${name} once more`);
  }
  t.end();
});
