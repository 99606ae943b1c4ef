import { parseAddress, type IpAddress } from '../../director/base/address.js';
import { Method } from '../../director/core/services.js';

/** Ends the parsing of a line with a reason. */
export type Fail = (reason: string) => never;

/** What an `ipvsadm -a`, `-e` or `-d` of a recording does to a real server. */
export interface ServerEdit {
  /** As recorded, with `{vs}` for the service and `{p}` for its port. */
  readonly command: string;
  readonly verb: 'add' | 'edit' | 'delete';
  readonly address: IpAddress;
  /** Undefined for the port of the service. */
  readonly port: number | undefined;
  readonly method: Method;
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

/**
 * Reads `cmds={8: '…', 16: '…'}`, commands before the connections of these numbers, or `after=…`, one command before
 * them all, or `after=None`. Of several commands at one number there may be a list.
 */
export function parseEdits(text: string, fail: Fail): ReadonlyMap<number, readonly ServerEdit[]> {
  const edits = new Map<number, readonly ServerEdit[]>();
  const [, label, body = ''] = /^(cmds|after)=(.*)$/.exec(text) ?? [];
  if (label === 'after') {
    if (body !== 'None') edits.set(0, [parseCommand(body, fail)]);
    return edits;
  }
  const entry = /\s*(\d+)\s*:\s*(\[(?:'[^']*'|"[^"]*"|[\s,])*\]|'[^']*'|"[^"]*")\s*(,|$)/y;
  const inside =
    /^\{(.*)\}$/.exec(body)?.[1]?.trim() ?? fail(`"${body}" is not {NUMBER: 'COMMAND', …}`);
  while (entry.lastIndex < inside.length) {
    const [, number = '', commands = ''] =
      entry.exec(inside) ?? fail(`"${body}" is not {NUMBER: 'COMMAND', …}`);
    const quoted = [...commands.matchAll(/'([^']*)'|"([^"]*)"/g)];
    edits.set(
      Number(number),
      quoted.map(([, single, double]) => parseCommand(single ?? double ?? '', fail)),
    );
  }
  return edits;
}

const verbs: ReadonlyMap<string, ServerEdit['verb']> = new Map([
  ['-a', 'add'],
  ['-e', 'edit'],
  ['-d', 'delete'],
]);

const methods: ReadonlyMap<string, Method> = new Map([
  ['-g', Method.route],
  ['-i', Method.tunnel],
  ['-m', Method.masq],
]);

/** ipvsadm's own defaults hold for what a command leaves out, also in an edit. */
function parseCommand(command: string, fail: Fail): ServerEdit {
  const [verbWord = '', ...words] = command.trim().split(/\s+/);
  const verb = verbs.get(verbWord) ?? fail(`"${command}" is not an -a, -e or -d of ipvsadm`);
  let method: Method = Method.route;
  const values = new Map<string, string>();
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const ofMethod = methods.get(word);
    if (word === '{vs}') continue;
    if (ofMethod !== undefined) method = ofMethod;
    else if (/^-[turwxy]$/.test(word)) {
      values.set(word, words[index + 1] ?? fail(`"${command}" lacks the value of ${word}`));
      index += 1;
    } else return fail(`"${command}" has an unknown ${word}`);
  }
  const number = (option: string, otherwise: number): number => {
    const value = values.get(option) ?? String(otherwise);
    return /^\d{1,10}$/.test(value)
      ? Number(value)
      : fail(`"${command}": ${value} is not a number`);
  };
  return {
    command: command.trim(),
    verb,
    ...parseServer(values.get('-r') ?? fail(`"${command}" lacks -r`), fail),
    method,
    weight: number('-w', 1),
    upperThreshold: number('-x', 0),
    lowerThreshold: number('-y', 0),
  };
}

/** `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`, where `{p}` is the port of the service. */
function parseServer(text: string, fail: Fail): Pick<ServerEdit, 'address' | 'port'> {
  const [, bracketed, plain, port = '{p}'] =
    /^(?:\[([^\]]+)\]|([^:]+|.*:.*:.*))(?::(\d{1,5}|\{p\}))?$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? '');
  if (address === undefined) return fail(`"${text}" is not a real server`);
  return { address, port: port === '{p}' ? undefined : Number(port) };
}
