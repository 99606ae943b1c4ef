import { parseAddress, type IpAddress } from '../../director/base/address.js';
import { ConfigError } from '../../director/base/errors.js';
import {
  SchedulerFlags,
  SchedulerNames,
  type SchedulerFlag,
  type SchedulerName,
} from '../../director/core/schedulers/scheduler.js';
import { endpointText } from './endpoint.js';
import { parseEdits, type Fail, type ServerEdit } from './server-edit.js';

/** A connection of a recording and the real server that the kernel chose for it. */
export interface RecordedChoice {
  /** Who opened it, where the recording says; everything else came from one client, from one port after the other. */
  readonly client?: { readonly address: IpAddress; readonly port: number };
  /** `r1`, `r2` … in the order in which they were added, or `none`. */
  readonly server: string;
}

/** One line of a recording: a service, what happened to it, and the choices of the kernel. */
export interface RecordedRun {
  /** Number of the line, from 1. */
  readonly line: number;
  /** The line up to its choices. */
  readonly head: string;
  readonly protocol: 'tcp' | 'udp';
  /** `rst-even` resets every second TCP connection, from the first on; in runs of any other kind all stay open. */
  readonly kind: string;
  readonly scheduler: SchedulerName;
  readonly flags: readonly SchedulerFlag[];
  /** The flags as options of ipvsadm; empty for none. */
  readonly options: string;
  readonly weights: readonly number[];
  readonly virtualAddress: IpAddress;
  readonly port: number;
  /** What is done to the real servers before the connection of a number, from 0. */
  readonly edits: ReadonlyMap<number, readonly ServerEdit[]>;
  readonly choices: readonly RecordedChoice[];
}

/** Their addresses have to fit into one /24. */
const MostServers = 200;

const Line = new RegExp(
  [
    /^(?<protocol>tcp|udp) vport=(?<port>\d+) (?<kind>[a-z][a-z0-9-]*) /,
    /sched=(?<scheduler>\w+) opt="(?<options>[^"]*)" weights=\[(?<weights>[\d, ]*)\] /,
    /vip=(?<vip>\S+) (?<edits>(?:cmds|after)=.*?) : (?<choices>\S.*)$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** Reads a recording of scheduler runs. `file` is its name for errors: a ConfigError with file and line. */
export function parseRecording(text: string, file: string): RecordedRun[] {
  const runs: RecordedRun[] = [];
  for (const [index, lineText] of text.split('\n').entries()) {
    if (lineText.trim() === '' || lineText.startsWith('#')) continue;
    const line = index + 1;
    const fail = (reason: string): never => {
      const details = { code: 'bad-recording', file, line };
      throw new ConfigError(details, `${file}:${line}: ${reason}`);
    };
    runs.push(parseRun(lineText.trimEnd(), line, fail));
  }
  if (runs.length > 0) return runs;
  throw new ConfigError(
    { code: 'bad-recording', file, line: 1 },
    `${file}:1: there is no run in it`,
  );
}

function parseRun(text: string, line: number, fail: Fail): RecordedRun {
  const groups = Line.exec(text)?.groups;
  if (groups === undefined) {
    return fail(
      'not "tcp|udp vport=N KIND sched=S opt="…" weights=[…] vip=A cmds={…}|after=… : …"',
    );
  }
  const {
    protocol,
    kind = '',
    options = '',
    weights = '',
    vip = '',
    edits = '',
    choices = '',
  } = groups;
  const scheduler = SchedulerNames.find((name) => name === groups['scheduler']);
  if (scheduler === undefined) return fail(`no scheduler ${groups['scheduler']}`);
  const virtualAddress = parseAddress(vip);
  if (virtualAddress === undefined) return fail(`"${vip}" is not an address`);
  return {
    line,
    head: text.slice(0, text.length - choices.length).replace(/ : $/, ''),
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    kind,
    scheduler,
    flags: parseFlags(options, scheduler, fail),
    options,
    weights: parseWeights(weights, fail),
    virtualAddress,
    port: parsePort(groups['port'] ?? '', fail),
    edits: parseEdits(edits, fail),
    choices: choices.split(/\s+/).map((word) => parseChoice(word, fail)),
  };
}

/** `-b FLAG,FLAG`, where ipvsadm knows the flags of the service's own scheduler also as flag-1 and flag-2. */
function parseFlags(options: string, scheduler: SchedulerName, fail: Fail): SchedulerFlag[] {
  if (options.trim() === '') return [];
  const list = /^(?:-b|--sched-flags)[ =](\S+)$/.exec(options.trim())?.[1];
  if (list === undefined) return fail(`options "${options}" are not "-b FLAG,…"`);
  return list.split(',').map((word) => {
    const name = word
      .replace('flag-1', `${scheduler}-fallback`)
      .replace('flag-2', `${scheduler}-port`);
    return SchedulerFlags.find((flag) => flag === name) ?? fail(`no scheduler flag ${word}`);
  });
}

function parseWeights(list: string, fail: Fail): number[] {
  if (list.trim() === '') return [];
  const words = list.split(',');
  if (words.length > MostServers) return fail(`more than ${MostServers} weights`);
  return words.map((word) => {
    const weight = Number(word);
    const isWeight = word.trim() !== '' && weight <= 0x7fff_ffff;
    return isWeight ? weight : fail(`"${list}" is not a list of weights`);
  });
}

/** `r2` or `none`, after `ADDRESS:PORT=` where the client is named; brackets around an IPv6 address may be left out. */
function parseChoice(word: string, fail: Fail): RecordedChoice {
  const [, client, server] = /^(?:(.+)=)?(r[1-9]\d*|none)$/.exec(word) ?? [];
  if (server === undefined) return fail(`"${word}" is not a choice`);
  if (client === undefined) return { server };
  const colon = client.lastIndexOf(':');
  const address = parseAddress(client.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, '$1'));
  if (address === undefined) return fail(`"${client}" is not a client's address and port`);
  return { client: { address, port: parsePort(client.slice(colon + 1), fail) }, server };
}

const parsePort = (text: string, fail: Fail): number =>
  /^\d{1,5}$/.test(text) && Number(text) <= 0xffff ? Number(text) : fail(`"${text}" is not a port`);

/** The line of a recording that says that a run got these servers instead. */
export function writeRun({ head, choices }: RecordedRun, servers: readonly string[]): string {
  const words = choices.map(({ client }, number) => {
    const server = servers[number] ?? 'none';
    return client === undefined ? server : `${endpointText(client)}=${server}`;
  });
  return `${head} : ${words.join(' ')}`;
}
