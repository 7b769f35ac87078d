import { text } from "node:stream/consumers";
import autocannon from "autocannon";

// A client in a process of its own: takes a `Drive` as JSON on standard input, prints a `Driven` as JSON.

const { url, token, connections, seconds, bodies } = JSON.parse(await text(process.stdin));
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
const requests = bodies.map((body: string) => ({ method: "POST", path: "/api/search", headers, body }));
let connected = 0;
const {
  latency,
  requests: sent,
  statusCodeStats,
  errors,
  timeouts,
} = await autocannon({
  url,
  connections,
  duration: seconds,
  // Each connection has a share of the requests: with all of them for each, the client was busy making them for 20 ms a connection.
  setupClient: (client) => {
    const first = connected++;
    client.setRequests(requests.filter((_request: unknown, i: number) => i % connections === first));
  },
});
const statuses = Object.entries(statusCodeStats ?? {}).map(([status, { count }]) => `${count} × ${status}`);
const { p50, p99, max } = latency;
process.stdout.write(JSON.stringify({ perSecond: sent.average, p50, p99, max, statuses, errors, timeouts }));
