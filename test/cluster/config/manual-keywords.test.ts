import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { test } from 'tap';

import { Homes } from '../../../cluster/config/keepalived-keywords.js';
import { parseKeepalived } from '../../../cluster/config/keepalived.js';

/** Where Debian's keepalived package, or `scripts/prepare --tests`, puts keepalived.conf(5). */
const Pages = [
  '/usr/share/man/man5/keepalived.conf.5.gz',
  '/var/cache/baton-tests/keepalived/usr/share/man/man5/keepalived.conf.5.gz',
];

/** And its keepalived.conf.SYNOPSIS. */
const Synopses = Pages.map((page) =>
  page.replace(
    'share/man/man5/keepalived.conf.5.gz',
    'share/doc/keepalived/keepalived.conf.SYNOPSIS',
  ),
);

/** Every block that keywords stand in, with `@` where they do. */
const Blocks: readonly string[] = [
  '@',
  'global_defs {\n@\n}',
  'SSL {\n@\n}',
  'bfd_instance a {\n@\n}',
  'track_file a {\n@\n}',
  'vrrp_script a {\n@\n}',
  'vrrp_track_process a {\n@\n}',
  'vrrp_sync_group a {\n@\n}',
  'vrrp_instance a {\n@\n}',
  'vrrp_instance a {\nauthentication {\n@\n}\n}',
  'vrrp_instance a {\nvirtual_ipaddress {\n10.0.0.1 @ 1\n}\n}',
  'vrrp_instance a {\nunicast_peer {\n10.0.0.1 @ 1\n}\n}',
  'vrrp_instance a {\ntrack_interface {\neth0 @ 1\n}\n}',
  'global_defs {\nlvs_sync_daemon eth0 a @ 1\n}',
  'virtual_server_group a {\n@ 1\n}',
  'virtual_server 10.0.0.1 80 {\n@\n}',
  'virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\n@\n}\n}',
  'virtual_server 10.0.0.1 80 {\nlvs_method TUN @ 1\n}',
  ...['TCP', 'PING', 'SMTP', 'DNS', 'UDP', 'MISC', 'FILE', 'BFD'].map((kind) =>
    checker(`${kind}_CHECK`, '@'),
  ),
  ...['HTTP_GET', 'SSL_GET'].map((kind) => checker(kind, '@')),
  checker('HTTP_GET', 'url {\n@\n}'),
];

function checker(kind: string, body: string): string {
  return `virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\n${kind} {\n${body}\n}\n}\n}`;
}

/** What the page sets in bold that is no keyword, or stands in a block that is not read: garp_group. */
const Others: ReadonlySet<string> = new Set(
  'NOT Note Important garp_interval gna_interval interface interfaces'.split(' '),
);

/** The bold words that begin a line of the page's syntax. */
function manualKeywords(): readonly string[] {
  const page = Pages.map(readPage).find((text) => text !== undefined);
  if (page === undefined) {
    throw new Error('keepalived.conf(5) is missing: scripts/prepare --tests gets it');
  }
  const syntax = page.slice(page.indexOf('.SH Global definitions'), page.indexOf('.SH ADVANCED'));
  const words = syntax.matchAll(/^[ \t]*\\fB([A-Za-z_][\w|-]*) *\\fR/gm);
  return [...new Set([...words].flatMap(([, word = '']) => word.split('|')))];
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

function readPage(file: string): string | undefined {
  try {
    return gunzipSync(readFileSync(file)).toString('latin1');
  } catch {
    return undefined;
  }
}

/** True when some block knows the keyword: it has an effect, or a warning says that it has none. */
const isKnown = (keyword: string, blocks = Blocks): boolean =>
  blocks.some((block) => {
    const result = parseKeepalived(block.replace('@', keyword), 'k.conf');
    const problems = 'config' in result ? [] : result.problems;
    return (
      !problems.some(
        ({ code, message }) =>
          code === 'unknown-keyword' && message.startsWith(`unknown keyword ${keyword} `),
      ) && !problems.some(({ message }) => message.includes(`not ${keyword}`))
    );
  });

test('every keyword of keepalived.conf(5) is known', (t) => {
  const keywords = manualKeywords();
  t.ok(keywords.length > 250, 'the page has been read');
  t.strictSame(
    keywords.filter((keyword) => !Others.has(keyword) && !isKnown(keyword)),
    [],
  );
  t.notOk(isKnown('wibble'), 'a word that is none is unknown everywhere');
  t.end();
});

test('the SYNOPSIS of the package has no keyword of its own: it sends its reader to that page', (t) => {
  const synopsis = Synopses.map(readText).find((text) => text !== undefined) ?? '';
  t.match(synopsis, /deprecated.*refer to \S*keepalived\.conf\.5$/m);
  t.ok(synopsis.split('\n').length < 10, 'and nothing else');
  t.end();
});

/** The first thing that is said of a text. */
const adviceFor = (text: string): string | undefined => {
  const result = parseKeepalived(text, 'k.conf');
  return 'config' in result ? undefined : result.problems[0]?.message;
};

test('a keyword that stands elsewhere is told where it belongs, and is known there', (t) => {
  const blocks: Readonly<Record<string, string>> = {
    'the file': '@',
    virtual_server: 'virtual_server 10.0.0.1 80 {\n@\n}',
    real_server: 'virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\n@\n}\n}',
    TCP_CHECK: checker('TCP_CHECK', '@'),
    HTTP_GET: checker('HTTP_GET', '@'),
    MISC_CHECK: checker('MISC_CHECK', '@'),
    url: checker('HTTP_GET', 'url {\n@\n}'),
  };
  for (const [home, keywords] of Object.entries(Homes)) {
    const block = blocks[home] ?? `${home} a {\n@\n}`;
    for (const keyword of keywords.split(/\s+/)) {
      t.ok(isKnown(keyword, [block]), `${keyword} of ${home}`);
    }
  }
  t.equal(
    adviceFor('priority 5'),
    'unknown keyword priority in the file; it belongs to vrrp_instance',
  );
  t.equal(
    adviceFor('global_defs {\n lvs_shed rr\n}'),
    'unknown keyword lvs_shed in global_defs; did you mean lvs_sched, which belongs to virtual_server?',
  );
  t.end();
});
