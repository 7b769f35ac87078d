import { text } from "node:stream/consumers";
import autocannon from "autocannon";

// A client in a process of its own: takes a `Drive` as JSON on standard input, prints a `Driven` as JSON.

const { url, token, connections, seconds, bodies } = JSON.parse(await text(process.stdin));
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
const { latency, requests, statusCodeStats, errors } = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: bodies.map((body: string) => ({ method: "POST", path: "/api/search", headers, body })),
});
const statuses = Object.entries(statusCodeStats ?? {}).map(([status, { count }]) => `${count} × ${status}`);
const { p50, p99, max } = latency;
process.stdout.write(JSON.stringify({ perSecond: requests.average, p50, p99, max, statuses, errors }));
