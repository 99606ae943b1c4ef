import { writeFileSync } from 'node:fs';

import type { Command } from 'commander';

import { discoverInterfaces } from '../../director/io/discover.js';
import { checkAgainstInterfaces } from '../config/check-interfaces.js';
import { describeConfig } from '../config/describe-config.js';
import { effectiveConfig } from '../config/effective-config.js';
import { formatKeepalived } from '../config/keepalived-format.js';
import { required } from '../config/keepalived.js';
import { maskSecrets } from '../config/mask-secrets.js';
import { type ConfigProblem, type ConfigWarning, describeProblem } from '../config/problem.js';
import { defaultConfigId, readConfig, readKeepalivedFile } from '../node/config-file.js';
import { type CommandLine, examples } from './command-line.js';

/** A file is not what it should be. */
const MistakeStatus = 2;

interface IdOption {
  readonly configId: string;
}

interface CheckOptions extends IdOption {
  readonly json?: true;
  readonly here?: true;
}

interface ShowOptions extends IdOption {
  readonly json?: true;
  readonly secrets?: true;
}

interface FormatOptions {
  readonly write?: true;
  readonly check?: true;
}

/** `config check`, `config show` and `config format`: they read files, and need neither root nor a lab. */
export function addConfigCommands(line: CommandLine): void {
  const config = line.program
    .command('config')
    .summary('check, show or format a keepalived.conf')
    .description('Read a keepalived.conf without starting anything.')
    .addHelpText('after', examples('config check keepalived.conf', 'config show keepalived.conf'));

  addFileCommand(config, 'check', '<files...>')
    .summary('say everything that is wrong with a keepalived.conf')
    .description(
      'Read keepalived.conf files and say all that is wrong with each, and which of its\n' +
        'keywords have no effect here. Exits with 2 when a file cannot be used.',
    )
    .option('--here', 'check the names and addresses of interfaces against this machine')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', examples('config check /etc/keepalived/keepalived.conf'))
    .action((files: readonly string[], options: CheckOptions) => check(line, files, options));

  addFileCommand(config, 'show', '<file>')
    .summary('print what a keepalived.conf means, with all defaults')
    .description(
      'Print the effective configuration as a keepalived.conf: parameters are replaced,\n' +
        'files included, groups and defaults written out.',
    )
    .option('--secrets', 'also print passwords and keys, which are masked otherwise')
    .option('--json', 'print the configuration as JSON')
    .addHelpText('after', examples('config show -i main keepalived.conf'))
    .action((file: string, options: ShowOptions) => show(line, file, options));

  config
    .command('format')
    .argument('<files...>', 'keepalived.conf')
    .summary('indent a keepalived.conf in one way')
    .description('Indent and space a keepalived.conf in one way. Comments and meaning stay.')
    .option('-w, --write', 'change the files instead of printing them')
    .option('--check', 'only name the files that would change; exits with 1 when there are any')
    .addHelpText('after', examples('config format keepalived.conf', 'config format -w *.conf'))
    .action((files: readonly string[], options: FormatOptions) => format(line, files, options));
}

const addFileCommand = (config: Command, name: string, files: string): Command =>
  config
    .command(name)
    .argument(files, 'keepalived.conf')
    .option('-i, --config-id <id>', 'also read the lines that begin with @ID', defaultConfigId());

/** What `check` says of one file. */
interface Verdict {
  readonly file: string;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigWarning[];
  /** What the file configures; undefined when it cannot be used. */
  readonly summary: string | undefined;
}

function check(
  line: CommandLine,
  files: readonly string[],
  { json, here, configId }: CheckOptions,
): void {
  const { terminal } = line;
  const verdicts = files.map((file) => judge(file, configId, here === true));
  if (verdicts.some(({ problems }) => problems.length > 0)) line.fail(MistakeStatus);
  if (json === true) {
    terminal.out(`${JSON.stringify(verdicts, undefined, 2)}\n`);
    return;
  }
  for (const { file, problems, warnings, summary } of verdicts) {
    for (const problem of problems) terminal.out(`${describeProblem(problem)}\n`);
    for (const warning of warnings) {
      const { message } = warning;
      terminal.out(`${describeProblem({ ...warning, message: `warning: ${message}` })}\n`);
    }
    const counts = `${problems.length} mistakes, ${warnings.length} warnings`;
    terminal.out(`${file}: ${summary ?? 'cannot be used'} (${counts})\n`);
  }
}

function judge(file: string, configId: string, here: boolean): Verdict {
  const result = readKeepalivedFile(file, configId);
  const { warnings } = result;
  if (!('config' in result)) {
    return { file, problems: result.problems, warnings, summary: undefined };
  }
  const problems = here ? checkAgainstInterfaces(result, discoverInterfaces()) : [];
  const summary = problems.length > 0 ? undefined : describeConfig(result.config);
  return { file, problems, warnings, summary };
}

function show(
  { terminal }: CommandLine,
  file: string,
  { json, secrets, configId }: ShowOptions,
): void {
  const parsed = required(readKeepalivedFile(file, configId));
  const config = secrets === true ? parsed.config : maskSecrets(parsed.config);
  const document = JSON.stringify(config, plainBytes, 2);
  terminal.out(json === true ? `${document}\n` : effectiveConfig(config));
}

/** Keys and payloads as hexadecimal digits. */
const plainBytes = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;

function format(
  line: CommandLine,
  files: readonly string[],
  { write, check: checkOnly }: FormatOptions,
): void {
  const { terminal } = line;
  for (const file of files) {
    const text = readConfig(file);
    const formatted = formatKeepalived(text);
    if (checkOnly === true || write === true) {
      if (text === formatted) continue;
      if (checkOnly === true) {
        terminal.out(`${file} would change\n`);
        line.fail(1);
      } else {
        writeFileSync(file, formatted);
        terminal.out(`${file} has changed\n`);
      }
    } else {
      terminal.out(formatted);
    }
  }
}
