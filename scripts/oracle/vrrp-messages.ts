import { readMessage, sealMessage, writeMessage } from '../../cluster/vrrp/message.js';
import { Protocol } from './frame.js';
import type { MessageKind } from './messages.js';

/** Advertisements of VRRP, whoever sent them and whatever they prove themselves with. */
export const vrrpMessages: MessageKind = {
  name: 'VRRP advertisements',
  find: ({ bytes, header }) =>
    header.protocol === Protocol.vrrp && !header.isLaterFragment
      ? bytes.subarray(header.payload, header.end)
      : undefined,
  again(bytes, { header }) {
    const message = readMessage(bytes, header);
    if (typeof message === 'string') return message;
    const body = writeMessage(message, header.source);
    return sealMessage(body, message.trailer, header, message.checksumAsV2);
  },
};
