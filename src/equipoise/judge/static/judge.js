"use strict";
// One rater's way through a study. The server knows what is right; this page knows names of pictures.

const SOONEST = 200; // ms after a picture appears in which a key is a slip, not an answer
const CROSS = 400, BLANK = 150, MASK = 30; // ms
const AHEAD = 12; // trials whose pictures are fetched before their turn
const LABELS = { real: "Real", fake: "Generated", left: "The left one", right: "The right one" };
const ARROWS = { left: "←", right: "→" };
const byId = (name) => document.getElementById(name);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const frame = () => new Promise((done) => requestAnimationFrame(done));

let state = null; // what the server said of this rater
let fresh = true; // no answer yet since the page was loaded
let blurs = 0;
const pictures = new Map(); // fetched ahead, by name

function element(tag, text, ...names) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.classList.add(...names);
  return made;
}

// ------------------------------------------------------------------------------------------------------ the server

async function call(path, body) {
  const reply = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const said = await reply.json();
  if (!reply.ok) throw Object.assign(new Error(said.error), { status: reply.status });
  return said;
}

// An answer is sent until it arrives; only what the server refuses for good ends that.
async function insist(path, body) {
  for (let wait = 500; ; wait = Math.min(8000, 2 * wait)) {
    try {
      return await call(path, body);
    } catch (error) {
      if (error.status !== undefined && error.status < 500) throw error;
      note(`Your answer is kept here and sent again: ${error.status ? error.message : "the server can't be reached"}.`, "bad");
      await pause(wait);
    }
  }
}

function remembered() {
  try {
    return localStorage.getItem(`judge-${state.study}`);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function remember(token) {
  try {
    localStorage.setItem(`judge-${state.study}`, token);
  } catch {
    // then there is no going on after a reload
  }
}

// -------------------------------------------------------------------------------------------------------- pictures

function picture(name) {
  if (!pictures.has(name)) {
    const made = new Image(state.width, state.height);
    made.src = `/item/${name}.png`;
    made.draggable = false;
    pictures.set(name, { made, ready: made.decode() });
  }
  return pictures.get(name);
}

async function ready(names) {
  for (;;) {
    try {
      await Promise.all(names.map((name) => picture(name).ready));
      return names.map((name) => picture(name).made);
    } catch {
      names.forEach((name) => pictures.delete(name));
      note("A picture can't be fetched; trying again.", "bad");
      await pause(1000);
    }
  }
}

function fetchAhead(from) {
  for (const trial of state.list.slice(from, from + AHEAD)) trial.items.forEach(picture);
}

// ------------------------------------------------------------------------------------------------------- the cards

function card(title, words, go) {
  byId("trial").hidden = true;
  byId("card").hidden = false;
  byId("title").textContent = title;
  byId("words").replaceChildren(...words.map((one) => (typeof one === "string" ? element("p", one) : one)));
  const button = byId("go");
  button.hidden = !go;
  if (!go) {
    byId("title").focus();
    return Promise.resolve();
  }
  button.replaceChildren(go, " ", element("kbd", "Space"));
  button.focus();
  return new Promise((done) => { button.onclick = done; });
}

function keysShown() {
  const shown = element("p", "", "keys");
  for (const key of ["left", "right"]) shown.append(element("span", `${ARROWS[key]} ${LABELS[state.keys[key]]}`));
  return shown;
}

function welcome() {
  const pair = state.mode === "pairwise", timed = state.mode === "timed";
  const words = [
    pair
      ? `You will see ${state.trials} pairs of pictures, one pair at a time, and say which of the two looks more real to you.`
      : `You will see ${state.trials} pictures, one at a time. About half of them are real, about half were made by a computer, in random order.`,
    timed
      ? "Each one flashes up for at most a second, followed by patterns that flicker. Look at the cross, then say what you saw. If flickering light does you harm, do not take part."
      : "Take the time that you need. There is always an answer to give: where you are not sure, guess.",
    `First come ${state.tutorial} to practise with, where you are told what was right. After that you are not, until the end.`,
    "Your answers and how long they took are kept on the machine that serves this page; nothing else about you is. To stop, close the page; opened again in this browser it goes on where you were. Begin if you agree to this.",
  ];
  return card(state.question, words, "Begin");
}

const practice = () =>
  card(`Practice: ${state.tutorial}, with the answers`, ["The arrow keys answer, or the two buttons:", keysShown()], "Start");

function between(trial, before) {
  if (before.tutorial) return card("Now it counts", ["From here on nobody tells you what was right. The keys stay the same:", keysShown()], "Start");
  return card("A short rest", [`${counted(state.done)} of ${state.trials} done. Go on when you are ready.`, keysShown()], "Go on");
}

function ended() {
  const score = state.of ? [`You were right in ${state.right} of ${state.of}.`] : [];
  progress();
  return card("Done. Thank you!", [...score, "Your answers are kept. You can close this page."]);
}

function failed(error) {
  return card("This can't go on", [error.message ?? String(error)]);
}

// ------------------------------------------------------------------------------------------------------- one trial

const counted = (done) => Math.max(0, done - state.tutorial);

function progress() {
  const trial = state.list[state.done], practising = trial?.tutorial;
  const [at, of] = practising ? [state.done, state.tutorial] : [counted(state.done), state.trials];
  byId("where").textContent = trial ? `${practising ? "Practice " : ""}${at + 1} of ${of}` : `${of} of ${of}`;
  byId("progress").hidden = false;
  byId("progress").max = of;
  byId("progress").value = at;
}

function note(text, kind) {
  byId("note").textContent = text;
  byId("note").className = kind ?? "";
}

function buttons(enabled) {
  for (const key of ["left", "right"]) {
    const button = byId(key);
    button.disabled = !enabled;
    button.classList.remove("chosen");
    button.replaceChildren(...(key === "left" ? [element("kbd", ARROWS[key]), LABELS[state.keys[key]]] : [LABELS[state.keys[key]], element("kbd", ARROWS[key])]));
  }
}

// Shows what is in a frame, from the next repaint until the repaint nearest to so many ms later: the true time in ms.
async function flash(shown, ms) {
  const first = await frame();
  shown.classList.add("on");
  let now = first, last = first;
  do {
    last = now;
    now = await frame();
  } while (now + (now - last) / 2 < first + ms);
  shown.classList.remove("on");
  return now - first;
}

async function ask(trial) {
  const shown = await ready(trial.items);
  const masks = state.exposure === null ? [] : await ready(state.masks);
  const number = counted(state.done) + 1;
  byId("card").hidden = true;
  byId("trial").hidden = false;
  byId("next").hidden = true;
  byId("question").textContent = state.question;
  note("");
  buttons(false);
  const cross = element("span", "+", "cross");
  cross.setAttribute("aria-hidden", "true");
  const frames = shown.map((one, at) => {
    const side = shown.length > 1 ? `, ${["left", "right"][at]}` : "";
    one.alt = trial.tutorial ? `Practice picture ${state.done + 1}${side}` : `Picture ${number}${side}`;
    one.classList.remove("on");
    const around = element("div", "", "frame");
    around.append(one);
    return around;
  });
  if (masks.length) {
    masks.forEach((one) => { one.alt = ""; one.classList.remove("on"); });
    frames[0].append(...masks, cross);
  }
  byId("stage").replaceChildren(...frames);
  byId("stage").classList.toggle("pixels", state.enlarged);
  byId("question").focus({ preventScroll: true });
  blurs = 0;
  if (!masks.length) {
    await pause(BLANK);
    const onset = await frame();
    shown.forEach((one) => one.classList.add("on"));
    const [key, at] = await pressed(onset + SOONEST);
    return { key, rt_ms: at - onset, shown_ms: at - onset };
  }
  cross.classList.add("on");
  await pause(CROSS);
  cross.classList.remove("on");
  const onset = await frame();
  const shownFor = await flash(shown[0], state.exposure);
  for (const one of masks) await flash(one, MASK);
  const [key, at] = await pressed(0);
  return { key, rt_ms: at - onset, shown_ms: shownFor };
}

// The key or the button that answers, and when: not one that was pressed before `soonest`, nor one that is held down.
function pressed(soonest) {
  buttons(true);
  return new Promise((done) => {
    const end = (key, at) => {
      if (at < soonest) return;
      document.removeEventListener("keydown", onKey);
      buttons(false);
      byId(key).classList.add("chosen");
      done([key, at]);
    };
    const onKey = (event) => {
      if (event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
      const key = { ArrowLeft: "left", ArrowRight: "right" }[event.key];
      if (key) {
        event.preventDefault();
        end(key, event.timeStamp);
      }
    };
    document.addEventListener("keydown", onKey);
    for (const key of ["left", "right"]) byId(key).onclick = (event) => end(key, event.timeStamp);
  });
}

async function told(feedback) {
  const what = { real: "it is real", fake: "it was generated", left: "it is the left one", right: "it is the right one" }[feedback.truth];
  note(`${feedback.right ? "Right" : "No"}: ${what}.`, feedback.right ? "good" : "bad");
  state.list[state.done - 1].items.forEach((name) => picture(name).made.classList.add("on"));
  const next = byId("next");
  next.hidden = false;
  next.focus();
  await new Promise((done) => { next.onclick = done; });
}

// ------------------------------------------------------------------------------------------------------- all of it

async function run() {
  state = await call("/api/about");
  let token = remembered();
  if (token) {
    try {
      state = await call("/api/join", { token });
    } catch (error) {
      if (error.status !== 404) throw error;
      token = null;
    }
  }
  if (!token) {
    await welcome();
    state = await call("/api/join", { token: null });
    remember(state.token);
  }
  let rested = false; // a card has just been shown
  if (state.done && !state.finished) {
    progress();
    await card("Welcome back", [`You are at ${state.done + 1} of ${state.list.length}, practice included. The keys:`, keysShown()], "Go on");
    rested = true;
  } else if (!state.finished) {
    await practice();
  }
  while (!state.finished) {
    const number = state.done, trial = state.list[number];
    fetchAhead(number);
    progress();
    if (trial.pause && !rested) await between(trial, state.list[number - 1]);
    rested = false;
    const found = await ask(trial);
    const said = await insist("/api/answer", { token: state.token, trial: number, ...found, blurs, reloaded: fresh });
    fresh = false;
    state = { ...state, ...said };
    if (said.feedback) await told(said.feedback);
    trial.items.forEach((name) => pictures.delete(name));
  }
  await ended();
}

window.addEventListener("blur", () => { blurs += 1; });
document.addEventListener("visibilitychange", () => { blurs += document.hidden ? 1 : 0; });
document.addEventListener("keydown", (event) => {
  if (["ArrowLeft", "ArrowRight"].includes(event.key) && !event.altKey) event.preventDefault(); // no scrolling
  const card = !byId("card").hidden && !byId("go").hidden ? byId("go") : byId("next").hidden ? null : byId("next");
  if (event.key === " " && !event.repeat && card && document.activeElement !== card) card.click();
});
run().catch(failed);
