'use strict';

// What a plugin owes its host, see README.md. The business is in plugin.js; nothing here needs to change for it.

require('reflect-metadata'); // before x509, which asks for it
const { webcrypto } = require('node:crypto');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const x509 = require('@peculiar/x509');

const COOKIE = '8f1d0c64-wgink-wechat-plugin';

class Reject extends Error {} // it will never succeed
class RetryAfter extends Error { // not before so many seconds
  constructor(seconds, message) { super(message); this.seconds = seconds; }
}

// log writes a line that becomes a record of the host's log, with its level.
const write = (level) => (msg, fields = {}) => process.stderr.write(JSON.stringify({ ...fields, level, msg }) + '\n');
const log = { debug: write('DEBUG'), info: write('INFO'), warn: write('WARN'), error: write('ERROR') };

const contracts = grpc.loadPackageDefinition(loader.loadSync(
  ['goplugin.proto', 'health.proto', ...['plugin', 'payment', 'user', 'refund', 'notice', 'host'].map((n) => `wechat/plugin/v1/${n}.proto`)],
  { includeDirs: [path.join(__dirname, 'proto')], longs: Number, defaults: true, oneofs: true },
));
const v1 = contracts.wechat.plugin.v1;
const methods = { // of a handler: service, call, field of the request
  onPayment: ['PaymentNoticeHandlerService', 'HandlePaymentNotice', 'notice'],
  onUserEvent: ['UserSyncHandlerService', 'HandleUserEvent', 'event'],
  onRefund: ['RefundNoticeHandlerService', 'HandleRefundNotice', 'notice'],
  onNotice: ['NoticeHandlerService', 'HandleNotice', 'notice'],
};

// identity is the certificate of this process, both ways: go-plugin trusts the one that the handshake names.
async function identity() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  x509.cryptoProvider.set(webcrypto);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost', keys, signingAlgorithm: algorithm, serialNumber: '01',
    notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 10 * 365 * 24 * 3600_000),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
    ],
  });
  return {
    key: Buffer.from(x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')),
    cert: Buffer.from(certificate.toString('pem')),
    wire: Buffer.from(certificate.rawData).toString('base64').replace(/=+$/, ''),
  };
}

// outcomeOf turns what a handler did into what the host wants to know.
async function outcomeOf(run) {
  try {
    await run();
    return { done: {} };
  } catch (e) {
    if (e instanceof Reject) return { reject: { reason: e.message } };
    const message = String(e?.message ?? e);
    if (!(e instanceof RetryAfter)) return { retry: { message } };
    return { retry: { message, after: { seconds: Math.floor(e.seconds), nanos: Math.round((e.seconds % 1) * 1e9) } } };
  }
}

async function serve(handler) {
  if (process.env.WECHAT_PLUGIN !== COOKIE) {
    process.stderr.write('This is a plugin for a host with the WeChat module; try: wechatctl plugin dev .\n');
    process.exit(1);
  }
  process.stdin.resume().on('end', () => process.exit(0)).on('error', () => process.exit(0)); // the life line
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {}); // the host drains first

  const self = await identity();
  const hostCert = Buffer.from(process.env.PLUGIN_CLIENT_CERT);
  const running = new Map(); // event id: since when
  const offers = new Map(); // broker id: promise of the address, and its resolve
  const offer = (id) => {
    if (!offers.has(id)) offers.set(id, Promise.withResolvers?.() ?? withResolvers());
    return offers.get(id);
  };
  let draining = false;

  const server = new grpc.Server();
  server.addService(contracts.grpc.health.v1.Health.service, { Check: (_, done) => done(null, { status: 'SERVING' }) });
  server.addService(contracts.plugin.GRPCController.service, {
    Shutdown: (_, done) => { // the answer goes out first; to wait for open streams would be to wait for the broker's
      done(null, {});
      setTimeout(() => process.exit(0), 20);
    },
  });
  server.addService(contracts.plugin.GRPCBroker.service, {
    StartStream: (call) => {
      call.on('data', (i) => offer(i.service_id ?? i.serviceId).resolve(i.network === 'unix' ? `unix:${i.address}` : i.address));
      call.on('end', () => call.end()).on('error', () => {});
    },
  });

  const kinds = Object.keys(methods).filter((name) => typeof handler[name] === 'function');
  server.addService(v1.PluginService.service, {
    Describe: (_, done) => done(null, {
      sdk: `template-node ${process.version}`, features: ['host-calls'], services: kinds.map((k) => `wechat.plugin.v1.${methods[k][0]}`),
    }),
    Configure: async ({ request: r }, done) => {
      try {
        const address = r.hostBrokerId ? await offer(r.hostBrokerId).promise : '';
        await handler.start?.({
          id: r.id, version: r.version, config: JSON.parse(r.configJson.toString() || '{}'), secrets: r.secrets,
          permissions: r.permissions, host: address && hostCalls(address, hostCert, self), log,
        });
        done(null, {});
      } catch (e) {
        const code = e instanceof Reject ? grpc.status.INVALID_ARGUMENT : grpc.status.INTERNAL;
        done({ code, details: String(e?.message ?? e) });
      }
    },
    Status: (_, done) => {
      const oldest = Date.now() - Math.min(Date.now(), ...running.values());
      done(null, { ready: !draining, running: running.size, oldestRunning: { seconds: Math.floor(oldest / 1000), nanos: (oldest % 1000) * 1e6 } });
    },
    Drain: async ({ request: r }, done) => {
      draining = true;
      const until = Date.now() + Number(r.wait?.seconds ?? 0) * 1000 + (r.wait?.nanos ?? 0) / 1e6;
      while (running.size > 0 && Date.now() < until) await new Promise((next) => setTimeout(next, 10));
      await outcomeOf(() => handler.stop?.());
      done(null, { running: running.size });
    },
  });
  for (const kind of kinds) {
    const [service, method, field] = methods[kind];
    server.addService(v1[service].service, {
      [method]: async ({ request: r }, done) => {
        const id = r.delivery.eventId;
        if (draining || running.has(id)) { // an event that outlived its deadline still runs
          done(null, { outcome: { retry: { message: draining ? 'stopping' : 'still running' } } });
          return;
        }
        running.set(id, Date.now());
        const outcome = await outcomeOf(() => handler[kind]({ ...r.delivery, ...r[field] }));
        running.delete(id);
        done(null, { outcome });
      },
    });
  }

  const socket = path.join(process.env.PLUGIN_UNIX_SOCKET_DIR, 'plugin');
  const credentials = grpc.ServerCredentials.createSsl(hostCert, [{ private_key: self.key, cert_chain: self.cert }], true);
  await new Promise((ok, fail) => server.bindAsync(`unix:${socket}`, credentials, (e) => (e ? fail(e) : ok())));
  process.stdout.write(`1|1|unix|${socket}|grpc|${self.wire}\n`);
}

// hostCalls asks the host what the operator granted: await host.queryOrder({ eventId, outTradeNo }).
function hostCalls(address, hostCert, self) {
  const credentials = grpc.credentials.createSsl(hostCert, self.key, self.cert);
  const client = new v1.HostService(address, credentials, { 'grpc.ssl_target_name_override': 'localhost', 'grpc.default_authority': 'localhost' });
  const call = (method) => (request) => new Promise((ok, fail) => {
    client[method](request, { deadline: Date.now() + 10_000 }, (e, response) => (e ? fail(e) : ok(response)));
  });
  return { queryOrder: call('QueryOrder'), closeOrder: call('CloseOrder'), getUser: call('GetUser') };
}

function withResolvers() { // Node.js before 22 lacks Promise.withResolvers
  const all = {};
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }));
  return all;
}

module.exports = { serve, Reject, RetryAfter, log };
