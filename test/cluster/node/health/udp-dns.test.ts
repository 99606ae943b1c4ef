import { createSocket, type RemoteInfo } from 'node:dgram';

import { test, type Test } from 'tap';

import type { UdpReplyConfig } from '../../../../cluster/config/checker-config.js';
import { dnsProbe } from '../../../../cluster/node/health/dns-probe.js';
import { udpProbe } from '../../../../cluster/node/health/udp-probe.js';
import { connectionTo, findingOf, timing } from './probing.js';

type Answerer = (message: Buffer) => readonly Uint8Array[];

/** A UDP server that answers every datagram with these; its port, and what it has heard. */
async function serve(t: Test, answer: Answerer): Promise<{ port: number; heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message: Buffer, from: RemoteInfo) => {
    heard.push(message);
    for (const reply of answer(message)) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  t.teardown(() => socket.close());
  return { port: socket.address().port, heard };
}

async function closedUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
  return port;
}

const udp = (
  port: number,
  reply?: Partial<UdpReplyConfig>,
  payload?: Uint8Array,
): ReturnType<typeof udpProbe> =>
  udpProbe({
    kind: 'UDP_CHECK',
    ...timing,
    connection: connectionTo(port, 200),
    payload,
    reply: reply && {
      data: new Uint8Array(),
      mask: new Uint8Array(),
      minimumLength: 0,
      maximumLength: 255,
      ...reply,
    },
  });

test('UDP_CHECK takes silence for a success when no reply is required', async (t) => {
  const { port, heard } = await serve(t, () => []);
  t.equal(await findingOf(udp(port)), 'success');
  t.equal(heard.length, 1);
  t.ok((heard[0]?.length ?? 0) > 0, 'a payload by chance');
});

test('UDP_CHECK of a closed port is refused by ICMP', async (t) => {
  const port = await closedUdpPort();
  t.equal(await findingOf(udp(port)), 'connection refused');
  t.equal(await findingOf(udp(port, {})), 'connection refused');
});

test('UDP_CHECK sends its payload, and silence is a failure when a reply is required', async (t) => {
  const { port, heard } = await serve(t, () => []);
  t.equal(await findingOf(udp(port, {}, Uint8Array.of(1, 2, 3))), 'no answer?');
  t.strictSame(
    heard.map((message) => [...message]),
    [[1, 2, 3]],
  );
});

const replies: readonly {
  readonly rules: Partial<UdpReplyConfig>;
  readonly answer: readonly number[];
  readonly isGood: boolean;
}[] = [
  { rules: {}, answer: [9], isGood: true },
  { rules: { minimumLength: 2 }, answer: [9], isGood: false },
  { rules: { maximumLength: 2 }, answer: [1, 2, 3], isGood: false },
  {
    rules: { data: Uint8Array.of(1, 2), mask: Uint8Array.of(255, 255) },
    answer: [1, 2, 7],
    isGood: true,
  },
  {
    rules: { data: Uint8Array.of(1, 2), mask: Uint8Array.of(255, 255) },
    answer: [1, 3],
    isGood: false,
  },
  {
    rules: { data: Uint8Array.of(1, 2), mask: Uint8Array.of(255, 255) },
    answer: [1],
    isGood: true,
  },
  { rules: { data: Uint8Array.of(0x12), mask: Uint8Array.of(0xf0) }, answer: [0x1f], isGood: true },
  {
    rules: { data: Uint8Array.of(0x12), mask: Uint8Array.of(0xf0) },
    answer: [0x2f],
    isGood: false,
  },
];

for (const [index, { rules, answer, isGood }] of replies.entries()) {
  test(`UDP_CHECK ${isGood ? 'takes' : 'refuses'} the answer ${answer.join(' ')} of case ${index}`, async (t) => {
    const { port } = await serve(t, () => [Uint8Array.from(answer)]);
    const finding = await findingOf(udp(port, rules));
    t.equal(finding, isGood ? 'success' : 'the answer is not the required one');
  });
}

const dns = (port: number, name = 'www.example.org'): ReturnType<typeof dnsProbe> =>
  dnsProbe({
    kind: 'DNS_CHECK',
    ...timing,
    connection: connectionTo(port, 300),
    type: 'AAAA',
    name,
  });

/** The query as its answer, with this response code. */
const respond = (query: Buffer, code: number): Buffer => {
  const response = Buffer.from(query);
  response.writeUInt16BE(0x8180 | code, 2);
  return response;
};

test('DNS_CHECK asks for its name and type and takes an answer without an error', async (t) => {
  const { port, heard } = await serve(t, (query) => [respond(query, 0)]);
  t.equal(await findingOf(dns(port)), 'success');
  const [query] = heard;
  t.equal(
    query?.subarray(2).toString('hex'),
    '0100000100000000000003777777076578616d706c65036f726700001c0001',
  );
});

test('DNS_CHECK asks for the root by its empty name', async (t) => {
  const { port, heard } = await serve(t, (query) => [respond(query, 0)]);
  t.equal(await findingOf(dns(port, '.')), 'success');
  t.equal(heard[0]?.subarray(12).toString('hex'), '00001c0001');
});

test('DNS_CHECK fails by a response code', async (t) => {
  const { port } = await serve(t, (query) => [respond(query, 2)]);
  t.equal(await findingOf(dns(port)), 'response code 2');
});

test('DNS_CHECK leaves alone what does not answer its question, and waits for what does', async (t) => {
  const { port } = await serve(t, (query) => {
    const foreign = respond(query, 5);
    foreign.writeUInt16BE(query.readUInt16BE(0) ^ 1, 0);
    return [Buffer.alloc(3), query, foreign, respond(query, 0)];
  });
  t.equal(await findingOf(dns(port)), 'success');
  const { port: silent } = await serve(t, (query) => [query]);
  t.equal(await findingOf(dns(silent)), 'no answer in time?');
});
