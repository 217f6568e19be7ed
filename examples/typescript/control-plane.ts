/*
 * A control plane in one file: asks for a deployment, waits for people, runs what they approved, once.
 *
 *   SIGNOFF_URL      where Signoff is, such as http://127.0.0.1:7080
 *   SIGNOFF_KEY      a key with requests:write and requests:read
 *   SIGNING_SECRETS  the project's whsec_… secrets, separated by spaces: two during a rotation
 *   LISTEN           where callbacks are received, default 127.0.0.1:9000
 *   CALLBACK_URL     how Signoff reaches that; without it the outcome comes by long poll alone
 *
 *   node dist/control-plane.js RUN VERSION
 */
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

/** What this program reads of a request; it ignores the rest. */
interface Request {
  correlation_id: string;
  status: "pending" | "approved" | "denied" | "expired" | "failed" | "cancelled";
  outcome: { reason: string | null } | null;
}
interface Message {
  type: string;
  data: Request;
}

const { SIGNOFF_URL, SIGNOFF_KEY, CALLBACK_URL, SIGNING_SECRETS = "", LISTEN = "127.0.0.1:9000" } = process.env;
// So long a callback is waited for before the service is asked; then it is asked, and callbacks count as before.
const fallBackMillis = CALLBACK_URL ? 1000 * Number(process.env.FALL_BACK_SECONDS ?? 30) : 0;
const secrets = SIGNING_SECRETS.split(/\s+/).filter(Boolean).map((secret) => new Webhook(secret));
const largestCallback = 1 << 20;
const exits = { denied: 3, expired: 4, failed: 5, cancelled: 8 };

/** One call of the API; any answer but 2xx throws the problem's words, and none for half a minute says so. */
async function call(method: string, path: string, body?: unknown): Promise<Request> {
  const send = () =>
    fetch(SIGNOFF_URL + path, {
      method,
      headers: { Authorization: `Bearer ${SIGNOFF_KEY}`, "Content-Type": "application/json" },
      signal: AbortSignal.timeout(75_000), // a long poll takes up to 60 s
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  let answer: Response | undefined;
  for (let seconds = 1; !answer; seconds *= 2) {
    answer = await send().catch((error) => {
      if (seconds > 16) throw new Error(`no answer from ${SIGNOFF_URL}: ${error.cause ?? error}`);
      return undefined;
    });
    if (!answer) await sleep(seconds * 1_000); // repeating a call does nothing twice
  }
  const content: any = await answer.json();
  if (!answer.ok) throw new Error(`refused: ${content.code}: ${content.detail}`);
  return content;
}

const told = new EventEmitter();
const seen = new Set<string>(); // Restarted, this program asks again, so memory is enough; else: a table with a unique key.

/** Receives callbacks and tells each genuine outcome once. Returns the status to answer with. */
async function receive(message: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message) {
    length += chunk.length;
    if (length > largestCallback) return 413;
    chunks.push(chunk);
  }
  const genuine = verified(Buffer.concat(chunks), message.headers as Record<string, string>);
  if (!genuine) {
    console.log("refused a callback");
    return 401;
  }
  const id = String(message.headers["webhook-id"]);
  if (!seen.has(id)) {
    seen.add(id);
    console.log("callback", genuine.type, genuine.data.correlation_id, id);
    told.emit(genuine.data.correlation_id, genuine.data);
  }
  return 204; // also to a repetition: it has arrived
}

/** The message, when one of our secrets signed these bytes, as received, within the last five minutes. */
function verified(body: Buffer, headers: Record<string, string>): Message | undefined {
  for (const secret of secrets) {
    try {
      return secret.verify(body, headers) as Message;
    } catch {
      // The next secret may fit.
    }
  }
  return undefined;
}

/** The request once it has ended: from its callback or, when that is late or lost, from a long poll. */
async function wait(path: string, callback: Promise<Request>): Promise<Request> {
  const late = Symbol("late");
  for (;;) {
    const patience = new Promise<typeof late>((resolve) => setTimeout(() => resolve(late), fallBackMillis));
    const first = await Promise.race([callback, patience]);
    if (first !== late) return first;
    const request = await call("GET", `${path}?wait_seconds=30`);
    if (request.status !== "pending") {
      console.log("poll", request.status);
      return request;
    }
  }
}

/** Of canonical JSON (RFC 8785): JSON.stringify writes values so, and here the keys are sorted. */
function intentDigest(action: object): string {
  const sorted = (_: string, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return "sha256:" + createHash("sha256").update(JSON.stringify(action, sorted)).digest("hex");
}

async function main(run: string, version: string): Promise<number> {
  const action = { tool: "k8s.deploy", arguments: { namespace: "prod", image: `registry/billing:${version}` } };
  const correlationId = `${run}:deploy-billing`; // the same when this run is started again: nobody is asked twice
  const path = `/v1/requests/${encodeURIComponent(correlationId)}`;
  const submission: Record<string, unknown> = {
    correlation_id: correlationId,
    kind: "approval",
    title: `Deploy billing ${version} to production`,
    risk: "high",
    action,
  };
  // Before the submit: the answer may be quick. Others' outcomes are not ours.
  const callback = once(told, correlationId).then(([request]) => request as Request);
  if (CALLBACK_URL) {
    const [host, port] = LISTEN.split(":");
    const server = createServer((message: IncomingMessage, answer: ServerResponse) => {
      receive(message).then(
        (status) => answer.writeHead(status).end(),
        () => answer.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(Number(port), host, resolve));
    submission.callback = { url: CALLBACK_URL };
  }

  let request = await call("POST", "/v1/requests", submission);
  console.log("asked", correlationId);
  if (request.status === "pending") request = await wait(path, callback);
  if (request.status !== "approved") {
    // Silence is not a yes, and an expiry is not a no.
    console.log(request.status, request.outcome?.reason ?? "");
    return request.status === "pending" ? 1 : exits[request.status];
  }

  // The digest of what is in our hands, not of what the service shows: comparing the two is the point.
  await call("POST", `${path}/claim`, { intent_digest: intentDigest(action) });
  console.log("deploying", action.arguments.image); // here goes the work
  await call("POST", `${path}/execution`, { result: "applied", detail: "rolled out" });
  return 0;
}

const [run, version] = process.argv.slice(2);
if (!run || !version || !SIGNOFF_URL || !SIGNOFF_KEY) {
  console.error("usage: SIGNOFF_URL=… SIGNOFF_KEY=… control-plane.js RUN VERSION");
  process.exit(2);
}
main(run, version).then(
  (code) => process.exit(code), // the receiver would keep the process alive
  (error) => {
    console.error(String(error.message ?? error));
    process.exit(1);
  },
);
