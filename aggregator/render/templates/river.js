// The one script of the pages: search and filters over search.json, keys, and how old the pages are.
// Everything stands without it. It asks for files of this site only, and writes text, never markup.
"use strict";
(() => {
  const root = document.currentScript.dataset.root;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const remembered = {
    get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window */ } },
  };

  const made = (tag, fields = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), fields);
    node.append(...children.filter((child) => child !== null));
    return node;
  };

  const load = async (name) => {
    const answer = await fetch(root + name);
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  };

  // --- time ---------------------------------------------------------------------------------------------------

  const UNITS = [[90, 1, "second"], [5400, 60, "minute"], [129600, 3600, "hour"], [5184000, 86400, "day"], [Infinity, 2592000, "month"]];

  const span = (seconds) => {
    const [, size, name] = UNITS.find(([below]) => seconds < below);
    const number = Math.round(seconds / size);
    return `${number} ${name}${number === 1 ? "" : "s"}`;
  };

  const relative = (moment) => {
    const seconds = (moment - Date.now()) / 1000;
    if (Math.abs(seconds) < 30) return "now";
    return seconds > 0 ? `in ${span(seconds)}` : `${span(-seconds)} ago`;
  };

  const refresh = () => all("time[data-ago]").forEach((node) => {
    const moment = Date.parse(node.dateTime);
    node.textContent = node.dataset.ago === "next" && moment < Date.now() ? "due" : relative(moment);
  });

  // A page whose newest entry is young was made by a young pass; else the sources know when the last one was.
  const age = async () => {
    const note = one(".aged"), main = one("main"), day = 86400000;
    if (!note) return;
    let last = Date.parse(main.dataset.checked || main.dataset.newest || "");
    if (!(Date.now() - last > day)) return;
    if (!main.dataset.checked) {
      const { sources } = await load("status.json");
      last = Math.max(last, ...sources.map((source) => Date.parse(source.last_success_at) || 0));
    }
    if (Date.now() - last > day) {
      note.textContent = `Last pass ${relative(last)}: what came since then is not here yet.`;
      note.hidden = false;
    }
  };

  // --- searching ----------------------------------------------------------------------------------------------

  const MOST = 100;
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const listed = (entry) => [entry.title, entry.source, entry.excerpt, ...(entry.tags || []), ...(entry.also_in || [])];

  const link = (href, text, fields = {}) =>
    /^https?:/i.test(href || "") ? made("a", { href, textContent: text, ...fields }) : document.createTextNode(text);

  const shown = (entry) => {
    const at = new Date(entry.published);
    const title = made("h3", { className: "headline title", lang: entry.lang || "", dir: entry.dir || "" }, link(entry.link, entry.title));
    if (!entry.lang) title.removeAttribute("lang");
    if (!entry.dir) title.removeAttribute("dir");
    const excerpt = entry.excerpt ? made("p", { className: "excerpt", textContent: entry.excerpt }) : null;
    if (excerpt && entry.lang) excerpt.lang = entry.lang;
    const words = at.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
    const day = made("time", { dateTime: entry.published }, entry.page ? made("a", { href: `${root}day/${entry.day}.html`, textContent: words }) : words);
    const by = made("p", { className: "by" }, made("bdi", { className: "source", textContent: entry.source || "" }), " · ", day);
    if (entry.also_in) by.append(` · also in ${entry.also_in.join(", ")}`);
    for (const tag of entry.tags || []) by.append(" · ", made("span", { className: "tag", textContent: tag }));
    return made("article", { className: "entry" }, title, excerpt, by);
  };

  const searching = (form) => {
    const days = one(".days"), found = one(".found"), told = one("[role=status]", form), reset = one("[type=reset]", form);
    const { q, tag, source } = form.elements;
    let entries = null, began = null;

    const ready = () => began ||= load("search.json").then(({ entries: rows }) => {
      entries = rows.map((row) => ({ row, text: fold(listed(row).filter(Boolean).join(" \n ")) }));
      const options = (select, names) => [...new Set(names)].sort((a, b) => a.localeCompare(b))
        .forEach((name) => select.append(made("option", { value: name, textContent: name })));
      options(tag, rows.flatMap((row) => row.tags || []));
      options(source, rows.flatMap((row) => [row.source, ...(row.also_in || [])]).filter(Boolean));
      tag.closest("label").hidden = tag.length < 2;
    });

    const search = () => {
      const words = fold(q.value).split(/\s+/).filter(Boolean);
      const active = words.length > 0 || tag.value !== "" || source.value !== "";
      days.hidden = active;
      found.hidden = reset.hidden = !active;
      if (!active) { found.replaceChildren(); told.textContent = ""; return; }
      const hits = entries.filter(({ row, text }) => words.every((word) => text.includes(word))
        && (tag.value === "" || (row.tags || []).includes(tag.value))
        && (source.value === "" || row.source === source.value || (row.also_in || []).includes(source.value)));
      found.replaceChildren(...hits.slice(0, MOST).map(({ row }) => shown(row)));
      const more = hits.length > MOST ? `; the newest ${MOST} are shown` : "";
      told.textContent = hits.length === 0 ? `Nothing in the newest ${entries.length} entries.`
        : `${hits.length} of the newest ${entries.length} entries${more}`;
    };

    const remember = () => {
      const state = new URLSearchParams([["q", q.value.trim()], ["tag", tag.value], ["source", source.value]].filter(([, value]) => value));
      history.replaceState(null, "", String(state) ? `#${state}` : location.pathname + location.search);
    };

    const changed = () => ready().then(search).then(remember, () => { told.textContent = "The index cannot be read just now."; });

    const recall = () => {
      const state = new URLSearchParams(location.hash.slice(1));
      if (!["q", "tag", "source"].some((name) => state.has(name))) return;
      ready().then(() => {
        q.value = state.get("q") || "";
        tag.value = state.get("tag") || "";
        source.value = state.get("source") || "";
        search();
      }, () => {});
    };

    form.hidden = false;
    form.addEventListener("focusin", () => ready().catch(() => { began = null; }));
    form.addEventListener("input", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(changed));
    reset.addEventListener("click", () => setTimeout(() => q.focus()));
    window.addEventListener("hashchange", recall);
    recall();
    return { clear: () => { form.reset(); q.blur(); }, field: q };
  };

  // A tag leads to its feed; with the script, to its entries.
  const tags = (form) => document.addEventListener("click", (event) => {
    const tag = event.target.closest && event.target.closest("a[data-tag]");
    if (!tag || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    event.preventDefault();
    location.href = `${form ? "" : `${root}index.html`}#${new URLSearchParams({ tag: tag.dataset.tag })}`;
    if (form) form.scrollIntoView();
  });

  // --- keys ---------------------------------------------------------------------------------------------------

  const places = () => all(".entry .headline a").filter((node) => node.offsetParent !== null);

  const step = (by) => {
    const those = places();
    const at = those.indexOf(document.activeElement);
    const seen = those.findIndex((node) => node.getBoundingClientRect().top >= 0);
    const next = at >= 0 ? at + by : by > 0 ? Math.max(seen, 0) : seen - 1;
    const target = those[Math.min(Math.max(next, 0), those.length - 1)];
    if (!target) return;
    target.focus({ preventScroll: true });
    target.closest(".entry").scrollIntoView({ block: "nearest" });
  };

  const keys = (seek) => {
    const help = one("dialog.keys"), letters = one("[data-letters]");
    if (!help || !help.showModal) return;
    letters.checked = remembered.get("letters") !== "off";
    letters.addEventListener("change", () => remembered.set("letters", letters.checked ? "on" : "off"));
    one("[data-close]", help).addEventListener("click", () => help.close());
    all("[data-keys]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => help.showModal());
    });
    const turn = (rel) => { const there = one(`nav a[rel=${rel}]`); if (there) location.href = there.href; };
    const does = { j: () => step(1), k: () => step(-1), "/": () => seek && seek.field.focus(), "?": () => help.showModal(),
      p: () => turn("prev"), n: () => turn("next") };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
      if (seek && event.target === seek.field) {
        if (event.key === "Escape") { event.preventDefault(); seek.clear(); }
        if (event.key === "ArrowDown" && places().length) { event.preventDefault(); places()[0].focus(); }
        return;
      }
      if (event.target.matches("input, select, textarea, [contenteditable]")) return;
      if (event.key === "Escape" && seek) seek.clear();
      if (letters.checked && Object.hasOwn(does, event.key)) { event.preventDefault(); does[event.key](); }
    });
  };

  // --- copying ------------------------------------------------------------------------------------------------

  const copying = () => navigator.clipboard && all("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const address = one(".address", button.parentElement);
      try {
        await navigator.clipboard.writeText(address.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(address);
        button.textContent = "Selected: copy it";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 3000);
    });
  });

  const form = one("form.seek");
  const seek = form && location.protocol !== "file:" ? searching(form) : null;
  if (seek) tags(form); else if (location.protocol !== "file:") tags(null);
  keys(seek);
  copying();
  refresh();
  setInterval(refresh, 60000);
  age().catch(() => {});
})();
