import type { Bucket, Catalog } from "../../../src/ports.ts";

/** Calls of the ports between which an upload, a deletion, a renewal or the sweeper can be killed. */
const calls = {
  bucket: ["put", "delete"],
  images: ["add", "remove"],
  renewals: ["keep"],
  records: ["replaceThumbnail"],
  objects: ["notePut", "finishPut", "giveUpOldPuts", "takeDeletions", "confirmDeletions"],
} as const;

/** A moment at which a process dies: before a call, or after its answer. */
export type Step = `${"before" | "after"} ${(typeof calls)[keyof typeof calls][number]}`;

/** All of them. */
export const steps: readonly Step[] = Object.values(calls)
  .flat()
  .flatMap((call): Step[] => [`before ${call}`, `after ${call}`]);

/** When to die: at the step's so-manieth time. */
export interface Death {
  readonly step: Step;
  readonly time: number;
}

type Ports = { readonly catalog: Catalog; readonly bucket: Bucket };

/** The same ports, whose user is killed at the step. */
export function dyingPorts({ catalog, bucket }: Ports, death: Death | undefined): Ports {
  let times = 0;
  const reach = (step: Step): void => {
    if (step === death?.step && ++times === death.time) process.kill(process.pid, "SIGKILL");
  };
  return {
    catalog: {
      ...catalog,
      images: withSteps(catalog.images, calls.images, reach),
      renewals: withSteps(catalog.renewals, calls.renewals, reach),
      records: withSteps(catalog.records, calls.records, reach),
      objects: withSteps(catalog.objects, calls.objects, reach),
    },
    bucket: withSteps(bucket, calls.bucket, reach),
  };
}

function withSteps<T extends object, K extends keyof T & (typeof calls)[keyof typeof calls][number]>(
  port: T,
  names: readonly K[],
  reach: (step: Step) => void,
): T {
  const wrapped = names.map((name) => {
    const call = port[name] as (...args: unknown[]) => Promise<unknown>;
    const stepped = async (...args: unknown[]): Promise<unknown> => {
      reach(`before ${name}`);
      const answer = await call(...args);
      reach(`after ${name}`);
      return answer;
    };
    return [name, stepped];
  });
  return { ...port, ...Object.fromEntries(wrapped) };
}
