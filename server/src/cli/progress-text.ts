/** How far a long piece of work is. */
export interface Progress {
  /** Of `total`, when that is known. */
  readonly done: number;
  readonly total: number | undefined;
  readonly bytes: number;
  /** What else to say at the end. */
  readonly remark?: string;
}

const barCells = 24;
const samplesMax = 12;
const sampleMs = 1_000;

/** Says in a line how far a piece of work is, how fast it was in the last ten seconds, and how long the rest takes at that pace. */
export class ProgressText {
  readonly #noun: string;
  readonly #samples: { readonly atMs: number; readonly done: number; readonly bytes: number }[] = [];

  constructor(noun: string) {
    this.#noun = noun;
  }

  at({ done, total, bytes, remark }: Progress, nowMs: number): string {
    const first = this.#sample({ atMs: nowMs, done, bytes });
    const seconds = (nowMs - first.atMs) / 1000;
    const rate = seconds > 0 ? (done - first.done) / seconds : 0;
    const byteRate = seconds > 0 ? (bytes - first.bytes) / seconds : 0;
    const left = total === undefined || rate === 0 ? undefined : (total - done) / rate;
    return [
      total === undefined
        ? `${number(done)} ${this.#noun}`
        : `${bar(done, total)} ${number(done)} of ${number(total)} ${this.#noun}`,
      `${rate < 10 ? rate.toFixed(1) : number(rate)}/s`,
      `${(byteRate / 1e6).toFixed(1)} MB/s`,
      ...(left === undefined ? [] : [`${duration(left)} left`]),
      ...(remark === undefined ? [] : [remark]),
    ].join(" · ");
  }

  /** Keeps a sample a second; gives the oldest. */
  #sample(now: { atMs: number; done: number; bytes: number }): { atMs: number; done: number; bytes: number } {
    const last = this.#samples.at(-1);
    if (last === undefined || now.atMs - last.atMs >= sampleMs) this.#samples.push(now);
    if (this.#samples.length > samplesMax) this.#samples.shift();
    return this.#samples[0] ?? now;
  }
}

function bar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const cells = Math.round(share * barCells);
  return `[${"#".repeat(cells)}${"-".repeat(barCells - cells)}] ${Math.floor(share * 100)} %`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** A time in its two largest units. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
