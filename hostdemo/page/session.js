// What a mini-program keeps on the phone (wx.setStorage): one record for each owner.
const key = (owner) => `hostdemo:${owner}`;

export function load(owner) {
  try { return JSON.parse(localStorage.getItem(key(owner))) ?? {}; } catch { return {}; }
}

export function save(owner, session) { localStorage.setItem(key(owner), JSON.stringify(session)); }

// fromLogin takes "<token>_<state>" apart; state 1 means that no phone number is bound yet.
export function fromLogin(session, data) {
  const [token, state] = data.split("_");
  return { ...session, token, bound: state === "0" };
}
