import { test } from 'tap';

import { formatKeepalived } from '../../../cluster/config/keepalived-format.js';
import { parseKeepalived } from '../../../cluster/config/keepalived.js';
import type { ConfigRemark } from '../../../cluster/config/problem.js';
import { Prng } from '../../../director/base/prng.js';
import { HealthOfEverything } from './health-sample.js';
import { mutate } from './mutation.js';
import { ElectionsOfEverything, NodeOfEverything } from './samples.js';

/** How many inputs; they are short, so that each is some tens of microseconds. */
const Runs = 1_000_000;

/** A reader that hangs is found by its time, whatever the machine is doing beside. */
const LongestMs = 10_000;

/** A service, with a place for a few lines more. */
const service = (lines: string): string =>
  `virtual_server 10.0.0.1 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 10.0.0.2 80 {\n${lines}\n}\n}`;

/** Files of a few lines that are good, and between them have every part of the language. */
const Seeds: readonly string[] = [
  '$A=1\n$B= \\\n router_id a${A} \\\n @baton vrrp_version 3\nglobal_defs {\n $B\n}',
  'global_defs {\n ~SEQ(A, 1, 3) notification_email ${A}@x\n ~LST({B, C}, {1, 2}, {3}) smtp_server $B\n}',
  '@baton baton {\n@baton connection_table 4096\n@^baton nothing {\n@baton }',
  'virtual_server_group g {\n10.0.0.1-9 80\n10.0.1.0/30\nfwmark 7 inet6\nfd00::1-f 443\n}',
  'bfd_instance b {\nneighbor_ip 10.0.0.9\nmin_rx 12.5\n}\ntrack_file f {\nfile "/x y"\n}',
  'vrrp_script s {\nscript "/bin/a \'b c\' \\\\x41" user\ninterval 0.5\nweight -3 reverse\n}',
  'vrrp_instance v {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1/24 dev eth1 label x\n}\n}',
  service('weight 1\nTCP_CHECK {\nconnect_timeout 0.5\n}'),
  service('HTTP_GET {\nurl {\npath /\nstatus_code 200-299\nregex "^a\\\\.b$"\n}\n}'),
  service('UDP_CHECK {\npayload Ab1 2\nrequire_reply xx\n}\nnotify_up "/bin/a b" root'),
  service("MISC_CHECK {\nmisc_path '/bin/a b'\nmisc_dynamic\n}").replace(
    'NAT',
    'TUN type gue port 9 csum',
  ),
];

/** Lines as they stand in larger files: their blocks are cut in two. */
const Lines = [HealthOfEverything, NodeOfEverything, ElectionsOfEverything].join('\n').split('\n');

function seedFor(prng: Prng): string {
  if (prng.below(4) === 0) return Seeds[prng.below(Seeds.length)] ?? '';
  const start = prng.below(Lines.length);
  return Lines.slice(start, start + 1 + prng.below(5)).join('\n');
}

/** A remark points at a place that is there. */
const isInPlace = ({ file, line, column, text, message }: ConfigRemark, lines: number): boolean =>
  file === 'mutant' &&
  line >= 1 &&
  line <= lines &&
  (column ?? 0) >= 1 &&
  (column ?? 0) <= (text ?? '').length + 1 &&
  message !== '';

test(
  `${Runs} mutated inputs are read or refused at a place, and none takes long`,
  { timeout: 900_000 },
  (t) => {
    const prng = new Prng(20_261_120);
    let refused = 0;
    let longest = 0;
    let failures = 0;
    for (let run = 0; run < Runs && failures < 5; run += 1) {
      const text = mutate(seedFor(prng), prng);
      const start = performance.now();
      try {
        const result = parseKeepalived(text, 'mutant');
        const problems = 'config' in result ? [] : result.problems;
        refused += problems.length > 0 ? 1 : 0;
        const lines = text.split('\n').length;
        const astray = [...problems, ...result.warnings].find(
          (remark) => !isInPlace(remark, lines),
        );
        if (astray !== undefined || (!('config' in result) && problems.length === 0)) {
          failures += 1;
          t.fail(`input ${run} is refused nowhere`, { astray, text });
        }
        // A hundredth of them: the formatter takes any text, and once is enough.
        if (
          run % 100 === 0 &&
          formatKeepalived(formatKeepalived(text)) !== formatKeepalived(text)
        ) {
          failures += 1;
          t.fail(`input ${run} is formatted differently the second time`, { text });
        }
      } catch (error) {
        failures += 1;
        t.fail(`input ${run} makes the reader throw`, { error, text });
      }
      longest = Math.max(longest, performance.now() - start);
    }
    t.equal(failures, 0);
    t.ok(longest < LongestMs, `the longest took ${Math.round(longest)} ms`);
    t.ok(refused > Runs / 3 && refused < Runs, `${refused} were refused`);
    t.end();
  },
);
