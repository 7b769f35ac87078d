/** What the server's Node says of itself. */
export interface Runtime {
  readonly residentMegabytes: number;
  readonly heapUsedMegabytes: number;
  /** The longest time that the event loop was held up since the last call, and what 99 % of turns stayed under. */
  readonly stallMaxMs: number;
  readonly stallP99Ms: number;
}

/** Reads /metrics, which also begins a new span for the event loop's figures. */
export async function readRuntime(url: string): Promise<Runtime> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  return {
    residentMegabytes: value("process_resident_memory_bytes") / 1e6,
    heapUsedMegabytes: value("nodejs_heap_size_used_bytes") / 1e6,
    stallMaxMs: value("nodejs_eventloop_lag_max_seconds") * 1000,
    stallP99Ms: value("nodejs_eventloop_lag_p99_seconds") * 1000,
  };
}
