import { now } from './clock.js';
import type { TextHandlers } from './control-server.js';
import type { Member } from './member.js';
import { batonMetrics } from './metrics/baton-metrics.js';
import { contentType, exposition } from './metrics/exposition.js';
import { ipvsMetrics, TrafficTotals } from './metrics/ipvs-metrics.js';
import { keepalivedMetrics } from './metrics/keepalived-metrics.js';
import { apiHandlers } from './views.js';
import { vrrpReport } from './windows/vrrp-report.js';
import { windowText, type WindowName } from './windows/write-windows.js';

/** How often the counters of services are looked at between scrapes, so that a service that goes has been counted. */
const CountingMs = 5_000;

/** What the control API has besides documents: metrics, keepalived's windows and the stream of events. */
export function textHandlers(member: Member): TextHandlers {
  const totals = new TrafficTotals();
  const { director } = member.plane;
  setInterval(() => totals.update(director.services.services()), CountingMs).unref();
  const window = (name: WindowName, type: string): TextEntry => [
    `/${name}`,
    { type, read: async () => windowText(member, name) },
  ];
  return {
    texts: new Map<TextEntry[0], TextEntry[1]>([
      ['/metrics', { type: contentType, read: async () => metricsOf(member, totals) }],
      window('keepalived.data', 'text/plain'),
      window('keepalived.stats', 'text/plain'),
      window('keepalived.json', 'application/json'),
    ]),
    follow: (follower) => member.timeline.follow(follower),
  };
}

type TextEntry = [string, { readonly type: string; readonly read: () => Promise<string> }];

async function metricsOf(member: Member, totals: TrafficTotals): Promise<string> {
  const documents = apiHandlers(member);
  member.plane.director.offload?.settle(now());
  return exposition([
    ...ipvsMetrics(member.plane.director, totals),
    ...keepalivedMetrics(member.routers.map(vrrpReport)),
    ...batonMetrics({
      status: documents['/status'](),
      sync: documents['/sync'](),
      health: documents['/health'](),
      vrrp: documents['/vrrp'](),
    }),
  ]);
}
