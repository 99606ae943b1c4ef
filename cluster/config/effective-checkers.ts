import { unreachable } from '../../director/base/invariant.js';
import { toSeconds } from '../../director/base/time.js';
import type {
  CheckConnection,
  CheckerConfig,
  CheckTiming,
  HttpCheckConfig,
  UdpReplyConfig,
  UrlCheckConfig,
} from './checker-config.js';
import {
  block,
  flag,
  mark,
  optional,
  ownedCommand,
  quote,
  quoteEscaped,
  secondsText,
  weightText,
} from './config-text.js';

/** A checker with all that it does. */
export const checkerLines = (checker: CheckerConfig): readonly string[] =>
  block(checker.kind, bodyOf(checker));

function bodyOf(checker: CheckerConfig): readonly string[] {
  switch (checker.kind) {
    case 'FILE_CHECK':
      return [
        `track_file ${checker.trackFile}`,
        `weight ${weightText(checker.weight, checker.reverse)}`,
        `alpha ${flag(checker.alpha)}`,
      ];
    case 'BFD_CHECK':
      return [`name ${checker.instance}`, `alpha ${flag(checker.alpha)}`];
    case 'MISC_CHECK':
      return [
        ...ownedCommand('misc_path', checker.command),
        `misc_timeout ${Math.max(1, Math.ceil(toSeconds(checker.timeout)))}`,
        ...mark('misc_dynamic', checker.dynamic),
        ...timingLines(checker),
      ];
    case 'TCP_CHECK':
    case 'PING_CHECK':
      return networkLines(checker);
    case 'HTTP_GET':
    case 'SSL_GET':
      return httpLines(checker);
    case 'SMTP_CHECK':
      return [`helo_name ${quote(checker.heloName)}`, ...networkLines(checker)];
    case 'DNS_CHECK':
      return [`type ${checker.type}`, `name ${checker.name}`, ...networkLines(checker)];
    case 'UDP_CHECK':
      return [
        ...optional('payload', checker.payload && hexadecimal(checker.payload)),
        ...(checker.reply === undefined ? [] : replyLines(checker.reply)),
        ...networkLines(checker),
      ];
    default:
      return unreachable(checker);
  }
}

const networkLines = (
  checker: CheckTiming & { readonly connection: CheckConnection },
): readonly string[] => [...connectionLines(checker.connection), ...timingLines(checker)];

const connectionLines = (connection: CheckConnection): readonly string[] => [
  `connect_ip ${connection.address}`,
  // A checker of a server without a port has none that a file could say.
  ...optional('connect_port', connection.port === 0 ? undefined : connection.port),
  ...optional('bindto', connection.bindAddress),
  ...optional('bind_port', connection.bindPort),
  ...optional('bind_if', connection.bindDevice),
  `fwmark ${connection.mark}`,
  `connect_timeout ${secondsText(connection.timeout)}`,
];

const timingLines = (timing: CheckTiming): readonly string[] => [
  `delay_loop ${secondsText(timing.delayLoop)}`,
  `retry ${timing.retry}`,
  `delay_before_retry ${secondsText(timing.delayBeforeRetry)}`,
  `warmup ${secondsText(timing.warmup)}`,
  `alpha ${flag(timing.alpha)}`,
  `log_all_failures ${flag(timing.logAllFailures)}`,
];

const httpLines = (checker: HttpCheckConfig): readonly string[] => [
  `http_protocol ${checker.protocol}`,
  `enable_sni ${flag(checker.enableSni)}`,
  ...optional('sni_name', checker.sniName && quote(checker.sniName)),
  `fast_recovery ${flag(checker.fastRecovery)}`,
  `tls_compliant ${flag(checker.tlsCompliant)}`,
  ...checker.urls.flatMap((url) => block('url', urlLines(url))),
  ...networkLines(checker),
];

const urlLines = (url: UrlCheckConfig): readonly string[] => [
  `path ${quote(url.path)}`,
  ...optional('virtualhost', url.virtualHost && quote(url.virtualHost)),
  ...optional('digest', url.digest),
  `status_code ${url.statusCodes.map(({ minimum, maximum }) => `${minimum}-${maximum}`).join(' ')}`,
  `tls_compliant ${flag(url.tlsCompliant)}`,
  ...(url.regex === undefined
    ? []
    : [
        `regex ${quoteEscaped(url.regex.pattern)}`,
        ...(url.regex.options.length === 0 ? [] : [`regex_options ${url.regex.options.join(' ')}`]),
        ...mark('regex_no_match', url.regex.noMatch),
        `regex_min_offset ${url.regex.minimumOffset}`,
        ...optional('regex_max_offset', url.regex.maximumOffset),
      ]),
];

const hexadecimal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const replyLines = ({
  data,
  mask,
  minimumLength,
  maximumLength,
}: UdpReplyConfig): readonly string[] => [
  data.length === 0 ? 'require_reply' : `require_reply ${wildcards(data, mask)}`,
  `min_reply_length ${minimumLength}`,
  `max_reply_length ${maximumLength}`,
];

const wildcards = (data: Uint8Array, mask: Uint8Array): string =>
  Array.from(hexadecimal(data), (digit, index) =>
    ((mask[index >> 1] ?? 0) & (index % 2 === 0 ? 0xf0 : 0x0f)) === 0 ? 'x' : digit,
  ).join('');
