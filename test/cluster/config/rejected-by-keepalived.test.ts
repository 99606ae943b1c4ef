import { test } from 'tap';

import { loadKeepalived, parseKeepalived } from '../../../cluster/config/keepalived.js';
import { describeProblem } from '../../../cluster/config/problem.js';
import { HealthOfEverything } from './health-sample.js';
import { complaintsOf } from './real-keepalived.js';
import { RejectedByKeepalived } from './rejected-by-keepalived.js';

/** What keepalived says of a file that is right. */
const Harmless = /^$|doesn't exist|^Non-existent interface|SECURITY VIOLATION/;

for (const [kind, text, ...problems] of RejectedByKeepalived) {
  test(`${kind} is rejected by keepalived, and by us with its place`, (t) => {
    t.ok(complaintsOf(text).some((line) => !Harmless.test(line)));
    const result = parseKeepalived(text, 'k.conf');
    const found = 'config' in result ? [] : result.problems;
    const places = found.map(({ line, column, message }) => `${line}:${column} ${message}`);
    t.strictSame(places, problems);
    for (const problem of found) {
      const [head, shown, caret] = describeProblem(problem).split('\n');
      t.match(head, /^k\.conf:\d+:\d+: /);
      t.ok((shown ?? '').trim() !== '', 'the line itself is shown');
      t.equal(caret?.length, 4 + (problem.column ?? 0), 'and the place in it');
    }
    t.end();
  });
}

test('keepalived accepts what we make of every part of its language', (t) => {
  const known = HealthOfEverything.replaceAll(
    /^.*\b(?:sni_name|tls_compliant|dynamic)\b.*\n/gm,
    '',
  );
  loadKeepalived(known, 'k.conf');
  t.strictSame(
    complaintsOf(known).filter((line) => !Harmless.test(line)),
    [],
  );
  t.end();
});
