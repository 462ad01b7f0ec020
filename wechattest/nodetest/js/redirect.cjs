// Preloaded with node -r: sends what is meant for WeChat to the local WeChat. The SDKs stay as they are.
'use strict';
const http = require('node:http');
const https = require('node:https');

const local = new URL(process.env.WECHAT);
const official = new Set(['api.mch.weixin.qq.com', 'api.weixin.qq.com']);

function redirect(original) {
  return function request(...args) {
    const options = args.find((a) => a && typeof a === 'object' && !(a instanceof URL)) ?? {};
    const url = args[0] instanceof URL || typeof args[0] === 'string' ? new URL(args[0]) : null;
    const host = url?.hostname ?? options.hostname ?? options.host ?? '';
    if (!official.has(String(host).split(':')[0])) return original.apply(https, args);
    const callback = args.find((a) => typeof a === 'function');
    const path = options.path ?? `${url.pathname}${url.search}`;
    return http.request({
      ...options, protocol: 'http:', host: local.hostname, hostname: local.hostname, port: local.port,
      path, agent: undefined, agents: undefined, nativeProtocols: undefined,
    }, callback);
  };
}

https.request = redirect(https.request);
https.get = (...args) => {
  const request = https.request(...args);
  request.end();
  return request;
};
