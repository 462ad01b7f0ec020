'use strict';
const assert = require('node:assert/strict');
const http = require('node:http');
const { createHash } = require('node:crypto');
const WXBizMsgCrypt = require('wechat-crypto');
const { given, ask } = require('./shop.cjs');

const crypt = new WXBizMsgCrypt(given.pushToken, given.encodingAESKey, given.accountAppid);
const element = (xml, name) => new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, 's').exec(xml)?.[1];
const seen = [];

function answer(query, body) {
  const encrypted = element(body, 'Encrypt');
  assert.equal(query.get('msg_signature'), crypt.getSignature(query.get('timestamp'), query.get('nonce'), encrypted));
  const { message, id } = crypt.decrypt(encrypted);
  assert.equal(id, given.accountAppid);
  seen.push(message);
  const reply = crypt.encrypt(`<xml><ToUserName>${element(message, 'FromUserName')}</ToUserName><FromUserName>`
    + `${element(message, 'ToUserName')}</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType>`
    + `<Content><![CDATA[${element(message, 'Content')}!]]></Content></xml>`);
  return `<xml><Encrypt>${reply}</Encrypt><MsgSignature>${crypt.getSignature('1', 'n', reply)}</MsgSignature>`
    + '<TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>';
}

async function main() {
  const server = http.createServer((request, response) => {
    const query = new URL(request.url, 'http://localhost').searchParams;
    const sorted = [given.pushToken, query.get('timestamp'), query.get('nonce')].sort().join('');
    assert.equal(createHash('sha1').update(sorted).digest('hex'), query.get('signature'));
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part) => { body += part; });
    request.on('end', () => response.end(request.method === 'GET' ? query.get('echostr') : answer(query, body)));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const said = await ask('say', { url: `http://127.0.0.1:${server.address().port}/message`, content: '你好' });
  assert.equal(said.content, '你好!');
  assert.equal(element(seen[0], 'Content'), '你好');
  server.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
