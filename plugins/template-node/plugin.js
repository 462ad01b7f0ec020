#!/usr/bin/env node
'use strict';

const { serve, Reject, log } = require('./wechat.js');

const handler = {
  // start is called once, before the first event: open the database here.
  async start({ config, host }) {
    this.minimumFen = config.minimum_fen ?? 0;
    this.host = host;
  },

  // onPayment is called for every payment, sometimes more than once: write its effect and n.eventId in one transaction.
  // To return is to be done; Reject means never, RetryAfter not now, any other error again on the usual schedule.
  async onPayment(n) {
    if (n.totalFen < this.minimumFen) return;
    const { order } = await this.host.queryOrder({ eventId: n.eventId, outTradeNo: n.outTradeNo });
    if (order.tradeState !== 'SUCCESS') throw new Reject(`the order is ${order.tradeState}`);
    log.info('paid', { event: n.eventId, order: n.outTradeNo, amount_fen: n.totalFen });
  },
};

serve(handler).catch((e) => {
  log.error(String(e?.stack ?? e));
  process.exit(1);
});
