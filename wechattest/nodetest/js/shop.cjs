// A shop's other half: it receives notices, and asks the test to play the user.
'use strict';
const http = require('node:http');

const given = JSON.parse(process.env.SHOP);

// receive listens for notices and hands them out in the order of their coming.
function receive() {
  const come = [];
  const waiting = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      response.writeHead(204).end();
      const notice = { headers: request.headers, body };
      if (waiting.length > 0) waiting.shift()(notice);
      else come.push(notice);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({
      url: `http://127.0.0.1:${server.address().port}/notice`,
      next: () => (come.length > 0 ? Promise.resolve(come.shift()) : new Promise((r) => { waiting.push(r); })),
      close: () => server.close(),
    }));
  });
}

// ask lets the test do something: pay with a launch, say a word.
async function ask(what, body) {
  const answer = await fetch(`${given.control}/${what}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
  return answer.json();
}

function order(notifyURL, outTradeNo) {
  return {
    appid: given.appid, mchid: given.mchid, description: 'Image形象店-深圳腾大-QQ公仔', out_trade_no: outTradeNo,
    notify_url: notifyURL, amount: { total: 100 }, payer: { openid: given.openid },
  };
}

function refund(notifyURL, outTradeNo, outRefundNo) {
  return {
    out_trade_no: outTradeNo, out_refund_no: outRefundNo, notify_url: notifyURL, reason: '坏了',
    amount: { refund: 30, total: 100, currency: 'CNY' },
  };
}

module.exports = { given, receive, ask, order, refund };
