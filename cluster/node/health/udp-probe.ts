import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

import { isIpv6 } from '../../../director/base/address.js';
import type { Libc } from '../../../director/io/libc.js';
import type { UdpCheckConfig, UdpReplyConfig } from '../../config/checker-config.js';
import type { Probe } from '../../member/health/probe.js';
import { Attempt } from './attempt.js';
import { connectionOptions, needsMarking, openMarkedFor, type Way } from './connect.js';

/** Of a payload that the file does not give. */
const RandomPayloadBytes = 32;

/**
 * `UDP_CHECK`: a datagram is answered as it should be; when no answer is required, silence is as good, and only an ICMP
 * error is a failure.
 */
export function udpProbe({ connection, payload, reply }: UdpCheckConfig, libc?: Libc): Probe {
  return (_step, report) => {
    // Without a required answer the end of the wait is the success.
    const attempt = new Attempt(
      connection.timeout,
      (answer) => {
        const isSilence = answer.kind === 'failure' && answer.reason === Silence;
        report(isSilence && reply === undefined ? { kind: 'success' } : answer);
      },
      Silence,
    );
    const socket = exchange(
      attempt,
      { connection, libc },
      payload ?? randomBytes(RandomPayloadBytes),
    );
    socket?.on('message', (message) => {
      if (reply === undefined || isGood(message, reply)) attempt.succeed();
      else attempt.fail('the answer is not the required one', true);
    });
    return attempt.abandon;
  };
}

const Silence = 'no answer';

/**
 * Sends a datagram from a socket of its own, which hears of ICMP errors about it. The attempt holds the socket; there is none
 * when the kernel refuses it, and the attempt has failed then.
 */
export function exchange(attempt: Attempt, way: Way, payload: Uint8Array): Socket | undefined {
  const { connection } = way;
  const isMarked = needsMarking(connection);
  const fd = isMarked ? openMarkedFor(attempt, way, 'datagram') : undefined;
  if (isMarked && fd === undefined) return undefined;
  const { host, port, localAddress, localPort } = connectionOptions(connection);
  const socket = createSocket(isIpv6(connection.address) ? 'udp6' : 'udp4');
  socket.on('error', (error) => attempt.failBy(error));
  attempt.holds(() => socket.close());
  const send = (): void => {
    if (attempt.isOver) return;
    socket.connect(port, host, () => {
      if (attempt.isOver) return;
      socket.send(payload, (error) => {
        if (error !== null) attempt.failBy(error);
      });
    });
  };
  if (fd !== undefined) socket.bind({ fd }, send);
  else if (localAddress === undefined && localPort === undefined) send();
  else socket.bind({ address: localAddress, port: localPort }, send);
  return socket;
}

/** The length fits, and the bytes that both have are equal as far as the mask says. */
function isGood(message: Uint8Array, reply: UdpReplyConfig): boolean {
  const { data, mask, minimumLength, maximumLength } = reply;
  if (message.length < minimumLength || message.length > maximumLength) return false;
  const compared = data.subarray(0, message.length);
  return compared.every(
    (byte, index) => ((byte ^ (message[index] ?? 0)) & (mask[index] ?? 0)) === 0,
  );
}
