// A hailongd of its own, and clients of it that share nothing but the contract's descriptors.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport as nodeTransport } from '@connectrpc/connect-node';
import { createConnectTransport as webTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import grpc from '@grpc/grpc-js';

const DEADLINE_MS = 60_000;

export class Server {
  static async start(program, args = []) {
    const server = new Server();
    server.directory = mkdtempSync(join(tmpdir(), 'hailong-web-'));
    server.child = spawn(program, ['--data', server.directory, '--listen', '127.0.0.1:0', '--web-listen', '127.0.0.1:0',
      '--operations-listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    server.log = '';
    server.child.stderr.on('data', (data) => { server.log += data; });
    let out = '';
    await new Promise((resolve, reject) => {
      server.child.on('exit', () => reject(new Error(`hailongd ended: ${server.log}`)));
      server.child.stdout.on('data', (data) => {
        out += data;
        if (out.includes('operations on port')) resolve();
      });
    });
    server.child.removeAllListeners('exit');
    server.grpc = `127.0.0.1:${/listening on .*:(\d+)/.exec(out)[1]}`;
    server.url = `http://127.0.0.1:${/web on port (\d+)/.exec(out)[1]}`;
    server.operations = `http://127.0.0.1:${/operations on port (\d+)/.exec(out)[1]}`;
    server.admin = readFileSync(join(server.directory, 'admin.token'), 'utf8').trim();
    return server;
  }
  // Its exit status.
  async stop() {
    const ended = new Promise((resolve) => this.child.on('exit', (code, signal) => resolve(code ?? signal)));
    this.child.kill('SIGTERM');
    const status = await ended;
    rmSync(this.directory, { recursive: true });
    return status;
  }
}

export function loadContract(descriptors) {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
}

function findMethod(registry, name) {
  const [service, method] = name.split('/');
  const desc = registry.getService(`hailong.v1.${service}`);
  return [desc, desc.methods.find((one) => one.name === method)];
}

// What a call came to, in a form that is the same whatever the client: JSON of the contract, or code, sentence and details.
const answered = (registry, method, message) => ({ answer: toJson(method.output, message, { registry }) });
// Details have no order: abseil, which carries them, shuffles them on purpose.
const refused = (code, message, details) => (
  { code: Code[code], message, details: details.sort((a, b) => (a.type < b.type ? -1 : 1)) });

const transports = {
  'connect-node': (options) => nodeTransport({ httpVersion: '1.1', ...options }),
  'connect-web': webTransport,
  'grpc-web': createGrpcWebTransport,
};

// A stock client of one of these; binary or JSON; `further` options of its own.
export class ConnectCaller {
  constructor(registry, server, kind, useBinaryFormat, further = {}) {
    Object.assign(this, {
      name: `${kind} ${useBinaryFormat ? 'binary' : 'JSON'}`,
      registry,
      transport: transports[kind]({ baseUrl: server.url, useBinaryFormat, ...further }),
    });
  }
  options(credential) {
    return { headers: credential ? { authorization: `Bearer ${credential}` } : {}, timeoutMs: DEADLINE_MS };
  }
  failed(error) {
    const { code, rawMessage, details } = ConnectError.from(error);
    return refused(code, rawMessage, details.map((one) => ({ type: one.type, value: Buffer.from(one.value).toString('hex') })));
  }
  async call(name, json, credential) {
    const [service, method] = findMethod(this.registry, name);
    try {
      const client = createClient(service, this.transport);
      return answered(this.registry, method, await client[method.localName](fromJson(method.input, json), this.options(credential)));
    } catch (error) {
      return this.failed(error);
    }
  }
  // At most `messages_max`; then the client goes away.
  async stream(name, json, credential, messages_max = Infinity) {
    const [service, method] = findMethod(this.registry, name);
    const messages = [];
    try {
      const client = createClient(service, this.transport);
      for await (const one of client[method.localName](fromJson(method.input, json), this.options(credential))) {
        messages.push(answered(this.registry, method, one));
        if (messages.length >= messages_max) break;
      }
      return { messages };
    } catch (error) {
      return { messages, ...this.failed(error) };
    }
  }
  close() {}
}

// A stock gRPC client of another implementation than the server's.
export class GrpcCaller {
  constructor(registry, server) {
    Object.assign(this, { name: 'grpc-js', registry, client: new grpc.Client(server.grpc, grpc.credentials.createInsecure()) });
  }
  prepare(name, json, credential) {
    const [, method] = findMethod(this.registry, name);
    const metadata = new grpc.Metadata();
    if (credential) metadata.set('authorization', `Bearer ${credential}`);
    return [method, [`/hailong.v1.${name}`, (one) => Buffer.from(toBinary(method.input, one)),
      (bytes) => fromBinary(method.output, bytes), fromJson(method.input, json), metadata,
      { deadline: Date.now() + DEADLINE_MS }]];
  }
  failed(error) {
    const packed = error.metadata.get('grpc-status-details-bin')[0];
    const status = this.registry.getMessage('google.rpc.Status');
    const details = packed ? fromBinary(status, packed).details : [];
    return refused(error.code, error.details, details.map((one) => (
      { type: one.typeUrl.split('/').pop(), value: Buffer.from(one.value).toString('hex') })));
  }
  call(name, json, credential) {
    const [method, args] = this.prepare(name, json, credential);
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(...args, (error, message) => (
        resolve(error ? this.failed(error) : answered(this.registry, method, message))));
    });
  }
  async stream(name, json, credential, messages_max = Infinity) {
    const [method, args] = this.prepare(name, json, credential);
    const messages = [];
    const call = this.client.makeServerStreamRequest(...args);
    try {
      for await (const one of call) {
        messages.push(answered(this.registry, method, one));
        if (messages.length >= messages_max) break;
      }
      return { messages };
    } catch (error) {
      return { messages, ...this.failed(error) };
    } finally {
      call.on('error', () => {});
      call.cancel();
    }
  }
  close() {
    this.client.close();
  }
}
