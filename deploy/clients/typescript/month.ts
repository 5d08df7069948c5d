// A unit's month by a program of its own: what it owes, filing it, and the standing once it is published.
//
//   month.js duties PROGRAMME PERIOD
//   month.js file PROGRAMME PERIOD FIGURES     FIGURES: JSON, by indicator what its report says (ReportContent)
//   month.js follow PROGRAMME PERIOD
//
// MINSHENG_URL, MINSHENG_CERTIFICATE, MINSHENG_ACCOUNT and MINSHENG_PASSWORD_FILE say where, trusting whom, as whom;
// MINSHENG_TRANSPORT how: connect (JSON, the default), grpc-web or grpc.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";

import { BadRequestSchema, ErrorInfoSchema, LocalizedMessageSchema } from "./gen/google/rpc/error_details_pb.js";
import { SessionService } from "./gen/minsheng/identity/v1/session_service_pb.js";
import { StandingService } from "./gen/minsheng/ranking/v1/standing_service_pb.js";
import { DutyKind, DutyService } from "./gen/minsheng/reporting/v1/duty_service_pb.js";
import { ReportContentSchema } from "./gen/minsheng/reporting/v1/report_pb.js";
import { ReportService } from "./gen/minsheng/reporting/v1/report_service_pb.js";

const TIMEOUT = { timeoutMs: 30_000 };
const TRIES = 4;

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function transport(interceptors: Interceptor[]): Transport {
  const baseUrl = setting("MINSHENG_URL");
  const nodeOptions = { ca: readFileSync(setting("MINSHENG_CERTIFICATE")) };
  switch (process.env.MINSHENG_TRANSPORT ?? "connect") {
    case "connect":
      return createConnectTransport({ baseUrl, nodeOptions, interceptors, httpVersion: "1.1", useBinaryFormat: false });
    case "grpc-web":
      return createGrpcWebTransport({ baseUrl, nodeOptions, interceptors, httpVersion: "1.1" });
    case "grpc":
      return createGrpcTransport({ baseUrl, nodeOptions, interceptors });
    default:
      throw new Error("MINSHENG_TRANSPORT is connect, grpc-web or grpc");
  }
}

/** A way in with a session. */
async function logIn(): Promise<Transport> {
  const password = readFileSync(setting("MINSHENG_PASSWORD_FILE"), "utf8").replace(/\n$/, "");
  const account = setting("MINSHENG_ACCOUNT");
  const { token } = await createClient(SessionService, transport([])).logIn({ account, password }, TIMEOUT);
  const bearer: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  return transport([bearer]);
}

/** Calls again when nobody answered: what changes something has a request id, so a repeat changes nothing twice. */
async function again<A>(call: () => Promise<A>): Promise<A> {
  for (let tried = 1; ; tried++) {
    try {
      return await call();
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable || tried === TRIES) throw error;
      await pause(1000 * 2 ** (tried - 1));
    }
  }
}

/** All answers of a list, page after page. */
async function* pages<A extends { nextPageToken: string }>(call: (pageToken: string) => Promise<A>): AsyncGenerator<A> {
  for (let pageToken = ""; ; ) {
    const answer = await again(() => call(pageToken));
    yield answer;
    pageToken = answer.nextPageToken;
    if (pageToken === "") return;
  }
}

async function duties(way: Transport, programme: string, period: string): Promise<void> {
  const client = createClient(DutyService, way);
  const list = (pageToken: string) => client.listDuties({ programme, period, pageSize: 2, pageToken }, TIMEOUT);
  for await (const page of pages(list)) {
    for (const duty of page.duties) {
      const kind = `DUTY_KIND_${DutyKind[duty.kind]}`;
      console.log(kind, duty.indicator || "-", duty.dueDate, duty.fulfilled ? "done" : "open");
    }
  }
}

async function file(way: Transport, programme: string, period: string, figures: string): Promise<void> {
  const client = createClient(ReportService, way);
  const all = JSON.parse(readFileSync(figures, "utf8")) as Record<string, JsonValue>;
  for (const [indicator, says] of Object.entries(all)) {
    const name = `${programme}/indicators/${indicator}/reports/${period}`;
    const content = fromJson(ReportContentSchema, says);
    // The same figures have the same id: filing them again gives the same receipt.
    const requestId = createHash("sha256").update(JSON.stringify([name, says])).digest("hex");
    const { receipt } = await again(() => client.fileReport({ name, content, requestId }, TIMEOUT));
    if (!receipt) throw new Error("no receipt");
    console.log(indicator, receipt.origin, String(receipt.sequence), Buffer.from(receipt.leafHash).toString("hex"));
  }
}

async function follow(way: Transport, programme: string, period: string): Promise<void> {
  const client = createClient(StandingService, way);
  const published = async (): Promise<string | undefined> => {
    const list = (pageToken: string) => client.listStandings({ programme, pageSize: 10, pageToken }, TIMEOUT);
    for await (const page of pages(list)) {
      for (const { snapshot } of page.standings) if (snapshot?.period === period) return snapshot.name;
    }
    return undefined;
  };
  let name = await published();
  while (name === undefined) {
    await pause(2000);
    name = await published();
  }
  const found = name;
  const { standing } = await again(() => client.getStanding({ name: found }, TIMEOUT));
  if (!standing?.snapshot) throw new Error("no standing");
  console.log(standing.snapshot.name, Buffer.from(standing.sha256).toString("hex"));
  for (const row of standing.snapshot.leadUnits) console.log(String(row.rank || "-"), row.unit, row.score);
}

/** Why a call was refused: the stable reason, the sentence in Chinese, the fields at fault. */
function refused(error: ConnectError): string {
  const reason = error.findDetails(ErrorInfoSchema)[0]?.reason ?? Code[error.code];
  const words = error.findDetails(LocalizedMessageSchema).find((message) => message.locale === "zh-CN");
  const fields = error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
  const lines = fields.map((violation) => `${violation.field}: ${violation.description}`);
  return [`${reason}: ${words?.message ?? error.rawMessage}`, ...lines].join("\n");
}

const steps: Record<string, (way: Transport, programme: string, period: string, figures: string) => Promise<void>> = {
  duties,
  file,
  follow,
};
const [step = "", programme = "", period = "", figures = ""] = process.argv.slice(2);
try {
  const run = steps[step];
  if (!run) throw new Error("duties, file or follow");
  await run(await logIn(), programme, period, figures);
} catch (error) {
  console.error(error instanceof ConnectError ? refused(error) : String(error));
  process.exitCode = 1;
}
