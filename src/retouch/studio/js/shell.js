// What every page shares: the bar at the top, and signing in.

import { ApiError, call, read } from "./api.js";
import { $, el, icon, placeIcons, show } from "./dom.js";
import { PAGES } from "./pages.js";
import { explain } from "./problems.js";

/** Build the page's frame, sign in, and answer the session: {account_id, key_id, scopes}. */
export async function openPage() {
  placeIcons();
  topBar();
  const session = (await byLink()) ?? (await read("/v1/session").catch(unreachable));
  const signedIn = session.signed_in ? session : await signIn(session.problem);
  if (signedIn.owner) $("#pages .apart").before(...PAGES.filter(({ owner }) => owner).map(pageLink));
  document.body.dataset.state = "ready";
  document.addEventListener("signed-out", () => location.reload(), { once: true });
  return signedIn;
}

function topBar() {
  const links = PAGES.filter(({ owner }) => !owner).map(pageLink);
  const nav = el("nav", { "aria-label": "Pages", id: "pages" }, links, el("a", { href: "/docs", class: "apart" }, "API"));
  $("#top").replaceChildren(
    el("a", { class: "brand", href: "/studio/", "aria-label": "Retouch, studio" },
      el("span", { class: "brand-mark", "aria-hidden": "true" }), "Retouch"),
    menuButton(nav),
    nav,
    el("div", { class: "top-tools" }, themeButton(), signOutButton()),
  );
}

const here = () => PAGES.find(({ path }) => path === location.pathname) ?? PAGES[0];

const pageLink = (page) => el("a", { href: page.path, "aria-current": page === here() ? "page" : null }, page.title);

/** Where the bar is too narrow for every page, they are behind this button. */
function menuButton(nav) {
  const button = el("button", { type: "button", class: "button ghost menu", "aria-expanded": "false", "aria-controls": nav.id, "aria-label": `Pages, now ${here().title}` },
    here().title, icon("down"));
  const open = (now) => {
    nav.classList.toggle("open", now);
    button.setAttribute("aria-expanded", String(now));
  };
  button.addEventListener("click", () => open(!nav.classList.contains("open")));
  nav.addEventListener("click", () => open(false));
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#pages, .menu")) open(false); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !nav.classList.contains("open")) return;
    open(false);
    button.focus();
  });
  return button;
}

function themeButton() {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const button = el("button", { type: "button", class: "button icon-only ghost" });
  const label = () => {
    button.replaceChildren(icon(dark() ? "sun" : "moon"));
    button.setAttribute("aria-label", dark() ? "Use the light theme" : "Use the dark theme");
    button.title = button.getAttribute("aria-label");
  };
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("retouch-theme", root.dataset.theme); } catch { /* storage may be off */ }
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
  return button;
}

function signOutButton() {
  const leave = async () => {
    await call("/v1/session", { method: "DELETE" }).catch(() => {});
    location.reload();
  };
  return el("button", { type: "button", class: "button ghost", onclick: leave, id: "sign-out" }, icon("out"), "Sign out");
}

/** Exchange the token of a sign-in link; null without one. It leaves the address bar before it is used. */
async function byLink() {
  const token = new URLSearchParams(location.hash.slice(1)).get("sign-in");
  if (!token) return null;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await call("/v1/session", { method: "POST", headers: { "x-sign-in-token": token } });
    return await read("/v1/session");
  } catch (error) {
    const session = await read("/v1/session").catch(unreachable);
    return session.signed_in ? session : { signed_in: false, problem: error };
  }
}

function unreachable(error) {
  return { signed_in: false, problem: error };
}

/** Ask for a key until one works. */
function signIn(problem) {
  document.body.dataset.state = "signed-out";
  return new Promise((resolve) => {
    const view = signInView();
    const { form, input, button, message } = view;
    const fail = (error) => {
      const { message: said, advice } = explain(error);
      message.textContent = error.status === 401 ? said : `${said} ${advice}`;
      show(message, true);
      input.setAttribute("aria-invalid", "true");
    };
    if (problem) fail(problem);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const key = input.value.trim();
        if (!/^[!-~]+$/.test(key)) throw new ApiError(401, { message: "Paste the whole key: it has no spaces." });
        await call("/v1/session", { method: "POST", headers: { authorization: `Bearer ${key}` } });
        const session = await read("/v1/session");
        if (!session.signed_in) throw new ApiError(401, { message: "This browser keeps no cookies for this address: allow them and try again." });
        view.root.remove();
        resolve(session);
      } catch (error) {
        fail(error);
        input.focus();
      } finally {
        button.disabled = false;
      }
    });
    $("#top").after(view.root);
    input.focus();
  });
}

function signInView() {
  const input = el("input", {
    id: "key", type: "password", autocomplete: "off", spellcheck: false, placeholder: "rt-…", required: true,
    "aria-describedby": "sign-in-problem",
  });
  const message = el("p", { id: "sign-in-problem", class: "problem-line", role: "alert", hidden: true });
  const button = el("button", { class: "button primary wide", type: "submit" }, "Sign in");
  const form = el("form", { class: "stack" }, el("label", { htmlFor: "key", class: "field-label" }, "API key"), input, message, button);
  const root = el("main", { class: "sign-in" },
    el("div", { class: "sign-in-card" },
      el("span", { class: "brand-mark large", "aria-hidden": "true" }),
      el("h1", {}, "Sign in to Retouch"),
      el("p", { class: "quiet" }, "Paste an API key, or open a one-time link: ",
        el("code", {}, "retouch signin"), " prints one on the machine that runs the server."),
      form,
      el("p", { class: "fine" }, "The key is exchanged for a cookie that scripts cannot read and that ends 12 hours after it was last used.")));
  return { root, form, input, button, message };
}
