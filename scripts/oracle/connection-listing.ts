import { endpointText, parseEndpoint, parseRawEndpoint, type Endpoint } from './endpoint.js';

/** An entry of a connection table, in words. Templates have protocol `IP` or client port 0. */
export interface ListedConnection {
  readonly protocol: string;
  readonly client: Endpoint;
  readonly virtual: Endpoint;
  readonly real: Endpoint;
  readonly state: string;
  /** Whole seconds left, rounded down. */
  readonly expires: number;
  /** Where a kernel knows it from: `LOCAL` or `SYNC`. Only ip_vs_conn_sync says. */
  readonly origin?: string;
}

/** What identifies an entry: equal for two tables' entries of the same connection. */
export const connectionName = (entry: ListedConnection): string =>
  `${entry.protocol} ${endpointText(entry.client)} -> ${endpointText(entry.virtual)}`;

/** Reads the output of `ipvsadm -Lnc`; lines that cannot be read are given to `refuse`. */
export function parseConnectionListing(
  lines: readonly string[],
  refuse: (line: string) => void,
): ListedConnection[] {
  return parseLines(lines, refuse, (line) => {
    const [protocol, time, state, client, virtual, real] = line.trim().split(/\s+/);
    const clock = /^(\d+):(\d\d)$/.exec(time ?? '');
    if (protocol === undefined || state === undefined || clock === null) return undefined;
    const endpoints = [client, virtual, real].map((text) => parseEndpoint(text ?? ''));
    const expires = Number(clock[1]) * 60 + Number(clock[2]);
    return entryOf({ protocol, state, expires }, endpoints);
  });
}

/** Reads /proc/net/ip_vs_conn or ip_vs_conn_sync, the latter with a column more, `Origin`. */
export function parseRawConnections(
  lines: readonly string[],
  refuse: (line: string) => void,
): ListedConnection[] {
  const isSync = lines.some((line) => /^Pro .*\bOrigin\b/.test(line));
  return parseLines(lines, refuse, (line) => {
    const words = line.trim().split(/\s+/);
    const [protocol, client, clientPort, virtual, virtualPort, real, realPort, state] = words;
    const expires = words[isSync ? 9 : 8];
    if (protocol === undefined || state === undefined || expires === undefined) return undefined;
    const endpoints = [
      parseRawEndpoint(client ?? '', clientPort ?? ''),
      parseRawEndpoint(virtual ?? '', virtualPort ?? ''),
      parseRawEndpoint(real ?? '', realPort ?? ''),
    ];
    const entry = entryOf({ protocol, state, expires: Number(expires) }, endpoints);
    const origin = isSync ? words[8] : undefined;
    return entry === undefined || origin === undefined ? entry : { ...entry, origin };
  });
}

function parseLines(
  lines: readonly string[],
  refuse: (line: string) => void,
  parse: (line: string) => ListedConnection | undefined,
): ListedConnection[] {
  const entries: ListedConnection[] = [];
  for (const line of lines) {
    if (line.trim() === '' || /^(IPVS connection|pro expire|Pro FromIP)/.test(line)) continue;
    const entry = parse(line);
    if (entry === undefined) refuse(line);
    else entries.push(entry);
  }
  return entries;
}

function entryOf(
  words: Pick<ListedConnection, 'protocol' | 'state' | 'expires'>,
  [client, virtual, real]: readonly (Endpoint | undefined)[],
): ListedConnection | undefined {
  const isWhole = client !== undefined && virtual !== undefined && real !== undefined;
  return isWhole && Number.isInteger(words.expires)
    ? { ...words, client, virtual, real }
    : undefined;
}
