// stock_test.mjs HAILONGD DESCRIPTORS: stock clients of three protocols and three implementations run one list of calls.
import assert from 'node:assert/strict';
import { comparable, run } from './calls.mjs';
import { ConnectCaller, GrpcCaller, loadContract, Server } from './kit.mjs';

const [program, descriptors] = process.argv.slice(2);
const registry = loadContract(descriptors);
const now = Math.floor(Date.now() / 1000) * 1000;

const makers = [
  (server) => new GrpcCaller(registry, server),
  (server) => new ConnectCaller(registry, server, 'connect-node', false),
  (server) => new ConnectCaller(registry, server, 'connect-node', true),
  (server) => new ConnectCaller(registry, server, 'connect-web', false),
  (server) => new ConnectCaller(registry, server, 'connect-web', true),
  (server) => new ConnectCaller(registry, server, 'grpc-web', false),
  (server) => new ConnectCaller(registry, server, 'grpc-web', true),
];

let expected;
for (const make of makers) {
  const server = await Server.start(program);
  try {
    const caller = make(server);
    const said = comparable(await run(caller, server.admin, now));
    caller.close();
    if (expected === undefined) {
      expected = said;
      // That there is something to compare: answers, refusals with details, streams of several messages.
      assert.ok(said.filter((one) => one.answer).length >= 15, 'answers');
      assert.ok(said.filter((one) => one.details?.length > 0).length >= 8, 'refusals with details');
      assert.ok(said.some((one) => one.messages?.length >= 2), 'a stream of several messages');
      const codes = new Set(said.map((one) => one.code).filter(Boolean));
      for (const code of ['Unauthenticated', 'PermissionDenied', 'NotFound', 'InvalidArgument', 'AlreadyExists']) {
        assert.ok(codes.has(code), `${code} among ${[...codes]}`);
      }
    }
    assert.equal(said.length, expected.length);
    said.forEach((one, i) => assert.deepEqual(one, expected[i], `${caller.name}: call ${i}, ${one.name}`));
    console.log(`ok: ${caller.name}, ${said.length} calls`);
    if (caller.name !== 'grpc-js') {
      const metrics = await (await fetch(`${server.operations}/metrics`)).text();
      // A refusal of gRPC-Web comes with the HTTP status of an answer.
      const ok = caller.name.startsWith('grpc-web') ? 2 : 1;
      assert.ok(metrics.includes(`\nhailong_web_requests_total{route="hailong.v1.ResultsService/GetSipas",status="200"} ${ok}\n`));
      // What the list makes of its responses, and nothing by another channel.
      const counted = [...metrics.matchAll(/^hailong_responses_total\{channel="(\w+)",outcome="(\w+)"\} ([1-9]\d*)$/gm)];
      assert.deepEqual(counted.map((one) => one.slice(1)),
        [['web', 'recorded', '692'], ['web', 'already_recorded', '2'], ['web', 'content_differs', '1']]);
      assert.match(metrics, /^hailong_writer_commits_total\{of="responses"\} [1-9]\d*$/m);
      assert.match(metrics, /^hailong_writer_waiting 0$/m);
      assert.equal((await fetch(`${server.operations}/readyz`)).status, 200);
      assert.ok(!server.log.includes(server.admin), 'no credential in the log');
      assert.match(server.log, /web [0-9a-f]+-\d+ POST hailong\.v1\.ResultsService\/GetSipas 200 \d+ B \d+ us/);
    }
  } finally {
    assert.equal(await server.stop(), 0, 'SIGTERM stops the server with status 0');
  }
}
// Deadlines of streams that ended early would keep Node for a minute.
process.exit(0);
