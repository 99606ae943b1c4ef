import { Counter, Gauge, Registry } from 'prom-client';

/** One value of a metric, by its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A metric with all its values at one moment. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly labels?: readonly string[];
  readonly samples: readonly Sample[];
}

/**
 * Metrics in Prometheus's text format. A registry is made for each scrape, so that what is not there any more, a service or a
 * peer, leaves no last value behind.
 */
export async function exposition(metrics: readonly Metric[]): Promise<string> {
  const registry = new Registry();
  for (const { name, help, type, labels = [], samples } of metrics) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'gauge') {
      const gauge = new Gauge(options);
      for (const { labels: of = {}, value } of samples) gauge.set({ ...of }, value);
    } else {
      const counter = new Counter(options);
      for (const { labels: of = {}, value } of samples) counter.inc({ ...of }, value);
    }
  }
  return registry.metrics();
}

/** What `exposition` writes, as HTTP names it. */
export const contentType = 'text/plain; version=0.0.4; charset=utf-8';
