import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import path from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';

import { test, type Test } from 'tap';

import type {
  HttpCheckConfig,
  RegexConfig,
  UrlCheckConfig,
} from '../../../../cluster/config/checker-config.js';
import { httpProbe } from '../../../../cluster/node/health/http-probe.js';
import { closedPort, connectionTo, findingOf, listen, portOf, timing } from './probing.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(t: Test, handler: Handler): Promise<number> {
  const server = createHttp(handler);
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return portOf(server);
}

const plainUrl: UrlCheckConfig = {
  path: '/',
  virtualHost: undefined,
  digest: undefined,
  statusCodes: [{ minimum: 200, maximum: 299 }],
  regex: undefined,
  tlsCompliant: false,
};

const http = (
  port: number,
  url: Partial<UrlCheckConfig> = {},
  config: Partial<HttpCheckConfig> = {},
): ReturnType<typeof httpProbe> =>
  httpProbe(
    {
      kind: 'HTTP_GET',
      ...timing,
      connection: connectionTo(port),
      protocol: '1.0',
      enableSni: false,
      sniName: undefined,
      fastRecovery: false,
      tlsCompliant: false,
      urls: [{ ...plainUrl, ...url }],
      ...config,
    },
    undefined,
  );

test('HTTP_GET asks as keepalived does, in each of its protocols', async (t) => {
  const requests: string[] = [];
  const port = await listen(t, (socket) => {
    socket.once('data', (text) => {
      requests.push(text.toString());
      socket.end('HTTP/1.0 200 OK\r\n\r\nhello');
    });
  });
  t.equal(
    await findingOf(http(port, { path: '/a?b=c', virtualHost: 'www.example.org' })),
    'success',
  );
  t.equal(await findingOf(http(port, {}, { protocol: '1.0C' })), 'success');
  t.equal(await findingOf(http(port, {}, { protocol: '1.1' })), 'success');
  const agent = 'User-Agent: KeepAliveClient';
  t.strictSame(
    requests.map((request) => request.split('\r\n')),
    [
      ['GET /a?b=c HTTP/1.0', agent, 'Host: www.example.org', '', ''],
      ['GET / HTTP/1.0', agent, 'Connection: close', `Host: 127.0.0.1:${port}`, '', ''],
      ['GET / HTTP/1.1', agent, 'Connection: close', `Host: 127.0.0.1:${port}`, '', ''],
    ],
  );
});

test('HTTP_GET compares the status with its ranges', async (t) => {
  const port = await serve(t, ({ url }, response) => {
    response.statusCode = Number(url?.slice(1));
    response.end();
  });
  t.equal(await findingOf(http(port, { path: '/204' })), 'success');
  t.equal(await findingOf(http(port, { path: '/301' })), 'status 301 of /301');
  t.equal(await findingOf(http(port, { path: '/503' })), 'status 503 of /503');
  const statusCodes = [
    { minimum: 300, maximum: 399 },
    { minimum: 503, maximum: 503 },
  ];
  t.equal(await findingOf(http(port, { path: '/301', statusCodes })), 'success');
  t.equal(await findingOf(http(port, { path: '/503', statusCodes })), 'success');
  t.equal(await findingOf(http(port, { path: '/200', statusCodes })), 'status 200 of /200');
});

test('HTTP_GET asks each URL by its step', async (t) => {
  const port = await serve(t, ({ url }, response) => {
    response.statusCode = url === '/good' ? 200 : 404;
    response.end();
  });
  const urls = [
    { ...plainUrl, path: '/good' },
    { ...plainUrl, path: '/bad' },
  ];
  const probe = http(port, {}, { urls });
  t.equal(await findingOf(probe, 0), 'success');
  t.equal(await findingOf(probe, 1), 'status 404 of /bad');
});

/** What Debian's genhash (of keepalived 2.2.7) says of a page. */
async function genhash(port: number, path: string): Promise<string> {
  const options = ['-s', '127.0.0.1', '-p', String(port), '-u', path];
  const { stdout } = await promisify(execFile)('genhash', options);
  return /\b[0-9a-f]{32}\b/.exec(stdout)?.[0] ?? stdout;
}

test('the digest is the one that genhash computes, whatever the transfer', async (t) => {
  const port = await listen(t, (socket) => {
    socket.once('data', (text) => {
      const path = /GET (\S+)/.exec(text.toString())?.[1];
      const body = `page ${path} `.repeat(1_000);
      if (path === '/length') {
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      } else if (path === '/chunked') {
        const size = body.length.toString(16);
        const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
        socket.end(`${head}${size}\r\n${body}\r\n0\r\n\r\n`);
      } else socket.end(`HTTP/1.0 200 OK\r\n\r\n${body}`);
    });
  });
  for (const path of ['/', '/length', '/chunked']) {
    const digest = await genhash(port, path);
    t.match(digest, /^[0-9a-f]{32}$/, path);
    t.equal(await findingOf(http(port, { path, digest })), 'success', path);
    const other = `${digest.slice(1)}${digest.startsWith('0') ? '1' : '0'}`;
    t.equal(await findingOf(http(port, { path, digest: other })), `digest of ${path}`);
  }
});

const regex = (change: Partial<RegexConfig>): RegexConfig => ({
  pattern: 'all is well',
  options: [],
  noMatch: false,
  minimumOffset: 0,
  maximumOffset: undefined,
  ...change,
});

const page = 'Status:\nAll is well\nall is well\n';
const patterns: readonly { readonly change: Partial<RegexConfig>; readonly isGood: boolean }[] = [
  { change: {}, isGood: true },
  { change: { noMatch: true }, isGood: false },
  { change: { pattern: 'broken' }, isGood: false },
  { change: { pattern: 'broken', noMatch: true }, isGood: true },
  { change: { pattern: 'ALL IS WELL', options: ['caseless'] }, isGood: true },
  { change: { pattern: 'ALL IS WELL' }, isGood: false },
  { change: { pattern: '^all', options: ['multiline'] }, isGood: true },
  { change: { pattern: '^all' }, isGood: false },
  { change: { pattern: 'Status:.All', options: ['dotall'] }, isGood: true },
  { change: { pattern: 'Status:.All' }, isGood: false },
  { change: { pattern: 'is well', minimumOffset: 15 }, isGood: true },
  { change: { pattern: 'All', minimumOffset: 9 }, isGood: false },
  { change: { maximumOffset: 21 }, isGood: true },
  { change: { maximumOffset: 20 }, isGood: false },
  { change: { maximumOffset: 0 }, isGood: true },
];

for (const { change, isGood } of patterns) {
  test(`a regex of ${JSON.stringify(change)} ${isGood ? 'takes' : 'refuses'} the page`, async (t) => {
    const port = await serve(t, (_request, response) => response.end(page));
    const finding = await findingOf(http(port, { regex: regex(change) }));
    t.equal(finding, isGood ? 'success' : 'regex of /');
  });
}

test('a regex that goes astray is stopped, and does not keep the node from its work', async (t) => {
  const port = await serve(t, (_request, response) => response.end(`${'a'.repeat(40)}!`));
  const start = performance.now();
  const finding = await findingOf(http(port, { regex: regex({ pattern: '(a+)+$' }) }));
  t.equal(finding, 'regex of /');
  t.ok(performance.now() - start < 15_000, 'tried to its end it would take hours');
});

test('SSL_GET speaks TLS, names its host when told to, and verifies only with a CA', async (t) => {
  const folder = t.testdir();
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=www.example.org', '-days', '1', '-newkey', 'rsa:2048', '-nodes'];
  await promisify(execFile)('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert]);
  const names: unknown[] = [];
  const server = createHttps(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, response) => {
      if (request.socket instanceof TLSSocket) names.push(request.socket.servername);
      response.end('hello');
    },
  );
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const port = await portOf(server);
  const config = (change: Partial<HttpCheckConfig>): HttpCheckConfig => ({
    ...timing,
    kind: 'SSL_GET',
    connection: connectionTo(port, 2_000),
    protocol: '1.1',
    enableSni: false,
    sniName: undefined,
    fastRecovery: false,
    tlsCompliant: false,
    urls: [{ ...plainUrl, virtualHost: 'virtual.example.org' }],
    ...change,
  });
  const ask = async (change: Partial<HttpCheckConfig>, ca?: string): Promise<string> => {
    const context = createSecureContext(ca === undefined ? {} : { ca });
    return findingOf(httpProbe(config(change), { context, verifies: ca !== undefined }));
  };
  t.equal(await ask({}), 'success');
  t.equal(await ask({ enableSni: true }), 'success');
  t.equal(await ask({ enableSni: true, sniName: 'name.example.org' }), 'success');
  t.strictSame(names, [false, 'virtual.example.org', 'name.example.org']);
  t.equal(await ask({}, readFileSync(cert, 'utf8')), 'success');
  await promisify(execFile)('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert]);
  t.match(await ask({}, readFileSync(cert, 'utf8')), /self.signed/);
});

test('a TLS stream that just ends is a failure when tls_compliant says so', async (t) => {
  const folder = t.testdir();
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=x', '-days', '1', '-newkey', 'rsa:2048', '-nodes'];
  await promisify(execFile)('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert]);
  const secureContext = createSecureContext({ key: readFileSync(key), cert: readFileSync(cert) });
  const ends = {
    /** Says that it ends. */
    clean: (stream: TLSSocket) => void stream.end(),
    /** Ends the connection beneath. */
    torn: (_stream: TLSSocket, socket: Socket) => void socket.end(),
  };
  const findings: string[] = [];
  for (const [tlsCompliant, end] of [
    [false, ends.clean],
    [false, ends.torn],
    [true, ends.clean],
    [true, ends.torn],
  ] as const) {
    const port = await listen(t, (socket) => {
      const stream = new TLSSocket(socket, { isServer: true, secureContext });
      stream.on('error', () => {});
      stream.once('data', () => {
        stream.write('HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi', () => {
          setTimeout(() => end(stream, socket), 30);
        });
      });
    });
    const config: HttpCheckConfig = {
      ...timing,
      kind: 'SSL_GET',
      connection: connectionTo(port, 2_000),
      protocol: '1.0',
      enableSni: false,
      sniName: undefined,
      fastRecovery: false,
      tlsCompliant,
      urls: [{ ...plainUrl, tlsCompliant }],
    };
    const tls = { context: createSecureContext(), verifies: false };
    findings.push(await findingOf(httpProbe(config, tls)));
  }
  t.strictSame(findings, [
    'success',
    'success',
    'success',
    'the TLS stream ends without close_notify',
  ]);
});

test('SSL_GET of a server that speaks no TLS has failed', async (t) => {
  const port = await serve(t, (_request, response) => response.end());
  const probe = httpProbe(
    {
      ...timing,
      kind: 'SSL_GET',
      connection: connectionTo(port),
      protocol: '1.0',
      enableSni: false,
      sniName: undefined,
      fastRecovery: false,
      tlsCompliant: false,
      urls: [plainUrl],
    },
    { context: createSecureContext(), verifies: false },
  );
  t.not(await findingOf(probe), 'success');
});

const wrongAnswers: readonly { readonly answer: string; readonly finding: string }[] = [
  { answer: '', finding: 'the server hangs up' },
  { answer: 'HTTP/1.0 200 OK\r\n', finding: 'the server hangs up' },
  { answer: 'SSH-2.0-OpenSSH\r\n\r\n', finding: 'an answer that is not HTTP' },
  { answer: 'x'.repeat(70_000), finding: 'a head that is too long' },
  { answer: 'HTTP/1.0 2000 OK\r\n\r\n', finding: 'an answer that is not HTTP' },
];

for (const { answer, finding } of wrongAnswers) {
  test(`HTTP_GET of a server that says ${JSON.stringify(answer.slice(0, 24))} finds: ${finding}`, async (t) => {
    const port = await listen(t, (socket) => socket.once('data', () => socket.end(answer)));
    t.equal(await findingOf(http(port)), finding);
  });
}

test('HTTP_GET of a closed port is refused, and of a silent server late', async (t) => {
  t.equal(await findingOf(http(await closedPort(t))), 'connection refused');
  const silent = await listen(t, () => {});
  t.equal(await findingOf(http(silent)), 'no answer in time?');
});
