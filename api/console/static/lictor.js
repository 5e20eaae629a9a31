// What the browser adds to pages that work without it: keys, dialogs, theme, busy marks. No page depends on it.

const root = document.documentElement;
root.classList.add("l-js");

const YEAR = 31536000;
const keep = (name, value) => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${value ? YEAR : 0}; SameSite=Lax${secure}`;
};
const byId = (id) => document.getElementById(id);
const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

// theme and density: the system's choice until the reader makes another, kept in a cookie so that the server knows
document.addEventListener("change", ({ target }) => {
  if (target.name === "l-theme") {
    const chosen = target.value === "system" ? "" : target.value;
    if (chosen) root.dataset.bsTheme = chosen;
    else delete root.dataset.bsTheme;
    keep("lictor-theme", chosen);
    document.dispatchEvent(new CustomEvent("l-theme"));
  }
  if (target.id === "l-compact") {
    if (target.checked) root.dataset.rows = "compact";
    else delete root.dataset.rows;
    keep("lictor-rows", target.checked ? "compact" : "");
  }
  if (target.id === "l-single-keys") localStorage.setItem("lictor-single-keys", target.checked ? "on" : "off");
});

// a search field has asked while it was typed; leaving it must not ask again and overtake the click that left it
document.addEventListener("change", (event) => {
  if (event.target.matches(".l-js .l-filters input[type=search]") && window.htmx) event.stopPropagation();
}, true);

// dialogs: a link marked data-dialog opens its page's form in the dialog; focus goes back to it on close
let opener = null;
document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-open]");
  if (opens) byId(opens.dataset.open)?.showModal();
  const link = event.target.closest("a[data-dialog]");
  if (link && window.htmx && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    opener = link;
    window.htmx.ajax("GET", link.getAttribute("href"), { target: "#l-dialog", swap: "innerHTML" });
  }
  const close = event.target.closest("dialog [data-close]");
  if (close) {
    event.preventDefault();
    close.closest("dialog").close();
  }
  if (event.target instanceof HTMLDialogElement) event.target.close();
  const row = event.target.closest("tr[data-href]");
  if (row && !event.target.closest("a, button, input, label, .l-popover") && !getSelection().toString()) open(row);
});
byId("l-dialog")?.addEventListener("close", ({ target }) => {
  target.replaceChildren();
  opener?.focus();
  opener = null;
});

// lists by key
let waitsForLetter = false;
const rows = () => [...document.querySelectorAll("main .l-table tbody tr")];
const current = () => document.querySelector("main tr.l-at");
const open = (row) => row.querySelector("a.l-row-link")?.click();
const move = (step) => {
  const all = rows();
  if (!all.length) return;
  const from = all.indexOf(current());
  const to = all[Math.min(Math.max(from + step, 0), all.length - 1)];
  current()?.classList.remove("l-at");
  to.classList.add("l-at");
  to.scrollIntoView({ block: "nearest" });
  to.querySelector("a.l-row-link")?.focus({ preventScroll: true });
};
const single = {
  "/": () => byId("l-search")?.focus(),
  "?": () => byId("l-help")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  x: () => {
    const row = current();
    const box = row?.querySelector("input[type=checkbox]");
    if (box) box.click();
    else row?.setAttribute("aria-selected", row.getAttribute("aria-selected") !== "true");
  },
  g: () => {
    waitsForLetter = true;
    setTimeout(() => { waitsForLetter = false; }, 1500);
  },
};
const singleKeys = byId("l-single-keys");
if (singleKeys) singleKeys.checked = localStorage.getItem("lictor-single-keys") !== "off";
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form.l-form") ?? document.querySelector("dialog[open] form.l-form");
    form?.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (singleKeys && !singleKeys.checked) return;
  if (document.querySelector("dialog[open]")) return;
  if (waitsForLetter) {
    waitsForLetter = false;
    const entry = document.querySelector(`a[data-letter="${CSS.escape(event.key)}"]`);
    if (entry) {
      event.preventDefault();
      entry.click();
    }
    return;
  }
  const act = single[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

// htmx: busy marks, dialogs that open when they are filled, focus on what went wrong, a message when nothing answered
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  detail.target?.setAttribute("aria-busy", "true");
  const network = byId("l-network");
  if (network) network.hidden = true;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.target?.removeAttribute("aria-busy"));
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const dialog = byId("l-dialog");
  if (detail.target === dialog && !dialog.open) {
    dialog.showModal();
    dialog.querySelector(".l-form-body input:not([type=hidden]), .l-form-body select, .l-form-body textarea")?.focus();
  }
  byId("l-summary")?.focus();
});
for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failed, () => {
    const network = byId("l-network");
    if (network) network.hidden = false;
  });
}
const summary = byId("l-summary");
if (summary) summary.focus();

// toasts that report success leave by themselves; errors stay
for (const toast of document.querySelectorAll("#l-toasts .l-toast")) setTimeout(() => toast.remove(), 8000);

// parts that the server tells of: each is asked for again when it changed. Without a socket a run asks by itself.
const LIVE = {
  runChanged: "subscription($id: ID!, $after: String) { runChanged(id: $id, after: $after) { cursor } }",
  alertsRaised: "subscription($after: String) { alertsRaised(after: $after) { cursor } }",
};
const nodeId = (named) => {
  const [kind, uuid] = named.split(":");
  const bytes = uuid.replaceAll("-", "").match(/../g).map((hex) => String.fromCharCode(parseInt(hex, 16))).join("");
  return btoa(`${kind}:${bytes}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};
const watched = new Set();
const livePart = (name, id) => [...document.querySelectorAll("[data-live]")].find((part) => part.dataset.live === name && part.dataset.liveId === id);
const watch = (name, id, after = null, pause = 2000) => {
  const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/graphql`, "graphql-transport-ws");
  const say = (said) => socket.send(JSON.stringify(said));
  socket.onopen = () => say({ type: "connection_init" });
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === "connection_ack") say({ id: "1", type: "subscribe", payload: { query: LIVE[name], variables: { id: id && nodeId(id), after } } });
    if (type === "ping") say({ type: "pong" });
    const part = livePart(name, id);
    const told = type === "next" && payload.data?.[name];
    if (told) {
      if (after && part) window.htmx.trigger(part, "l-live");
      after = told.cursor;
      pause = 2000;
    }
    if (!part || ["complete", "error"].includes(type)) {
      if (part && type === "complete") window.htmx.trigger(part, "l-live");
      socket.onclose = null;
      socket.close();
    }
  };
  socket.onclose = ({ code }) => {
    if (code < 4400 && livePart(name, id)) setTimeout(() => watch(name, id, after, Math.min(pause * 2, 60000)), pause);
  };
};
const watchParts = () => {
  for (const { dataset } of document.querySelectorAll("[data-live]")) {
    const key = `${dataset.live} ${dataset.liveId}`;
    if (watched.has(key)) continue;
    watched.add(key);
    watch(dataset.live, dataset.liveId);
  }
};
document.addEventListener("htmx:afterSettle", watchParts);
addEventListener("load", () => window.htmx && watchParts());
