// The page asks for the whole state again and again, and draws what has changed.
import { ask } from "./api.js";
import { byId } from "./dom.js";
import * as config from "./config.js";
import * as faults from "./faults.js";
import * as notices from "./notices.js";
import * as orders from "./orders.js";
import * as phones from "./phones.js";
import * as push from "./push.js";

const every = 1000; // milliseconds
let configured = false;

async function refresh() {
  try {
    if (!configured) { await config.load(); await faults.load(); configured = true; }
    const { now, data } = await ask("GET", "state");
    config.show(data, now);
    orders.show(data, now, refresh);
    notices.show(data, now, refresh);
    phones.show(data);
    faults.show(data);
    byId("lost").hidden = true;
  } catch {
    byId("lost").hidden = false;
    configured = false; // it may come back as another
  }
}

async function again() {
  if (!document.hidden) await refresh();
  setTimeout(again, every);
}

config.start(refresh);
faults.start(refresh);
orders.start(refresh);
phones.start(refresh);
push.start();
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
again();
