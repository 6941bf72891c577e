import { ago, span, until } from './clock.js';
import { Idiomorph } from './idiomorph.js';

/**
 * Keeps a page as things are: it is fetched anew when the server says that something changed, and its differences are
 * put in place, so that focus, scroll position and what is open stay as they are. Times tick here. Without this script
 * the page shows what it was loaded with.
 */

const TICK_MS = 500;
const FETCH_TIMEOUT_MS = 10_000;
const COME_BACK_MS = 2_000;

/** Milliseconds by which the clock of the server is ahead of ours. */
let aheadMs = aheadOf(document);

function aheadOf(page) {
  return Date.parse(page.body.dataset.now) - Date.now();
}

const WRITERS = { ago, span, until };

/** Every time that is told relative to now. */
function tick() {
  const now = Date.now() + aheadMs;
  for (const place of document.querySelectorAll('time[data-told]')) {
    const at = Date.parse(place.dateTime);
    const told = place.dataset.told;
    write(place, WRITERS[told](told === 'until' ? at - now : now - at));
  }
}

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** What people here call the time, beside UTC. */
function nameTimes() {
  for (const place of document.querySelectorAll('time[data-told]')) {
    const at = new Date(place.dateTime);
    const utc = at.toISOString().replace('T', ' ').slice(0, 19);
    place.title = `${utc} UTC \u00b7 here ${at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })}`;
  }
}

/** idiomorph's own way to spare a field spares all that is in whatever has the focus, which may be an attempt. */
const FIELDS = { value: 'input:not([type=hidden]), textarea', checked: 'input', selected: 'option' };

const MORPH = {
  callbacks: {
    // Ours to write.
    beforeNodeMorphed: (node) => !(node instanceof HTMLElement && 'linkWord' in node.dataset),
    // What a reader opened or closed stays so, and what a field holds is theirs.
    beforeAttributeUpdated: (name, node) =>
      !(
        (name === 'open' && node instanceof HTMLDetailsElement) ||
        (name in FIELDS && node.matches(FIELDS[name]))
      ),
  },
};

function show(page) {
  aheadMs = aheadOf(page);
  document.title = page.title;
  for (const part of ['header', 'main']) {
    const [old, fresh] = [document, page].map((side) => side.querySelector(`body > ${part}`));
    if (old && fresh) Idiomorph.morph(old, fresh, MORPH);
  }
  nameTimes();
  tick();
}

/** `live`, `waiting` while the server is away, `old` where the page is looked at without being kept. */
function tellState(state) {
  document.documentElement.dataset.link = state;
  const words = { live: 'live', waiting: 'reconnecting', old: 'paused' };
  for (const place of document.querySelectorAll('[data-link-word]')) write(place, words[state]);
}

let looking = false;
let lookAgain = false;

async function look() {
  lookAgain = looking;
  if (looking) return;
  looking = true;
  try {
    const answer = await fetch(location.href, {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    // Signed out meanwhile: the page says so where it leads to.
    if (answer.redirected) return location.assign(answer.url);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    tellState('live');
  } catch {
    tellState('waiting');
  } finally {
    looking = false;
    if (lookAgain) look();
  }
}

let stream = null;
let comeBack;

function connect() {
  stream = new EventSource(document.body.dataset.live);
  stream.addEventListener('look', look);
  stream.addEventListener('error', () => {
    tellState('waiting');
    // Where the server answered with an error the browser gives up; we do not.
    if (stream?.readyState !== EventSource.CLOSED) return;
    clearTimeout(comeBack);
    comeBack = setTimeout(() => {
      look();
      connect();
    }, COME_BACK_MS);
  });
}

function disconnect() {
  clearTimeout(comeBack);
  stream?.close();
  stream = null;
  tellState('old');
}

/** A browser has few connections to one server: pages that nobody sees give theirs back. */
function followWhileSeen() {
  if (document.hidden) disconnect();
  else if (stream === null) connect();
}

/** What a link within the page leads to is opened. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

addEventListener('hashchange', openTarget);
openTarget();
nameTimes();
tick();
setInterval(tick, TICK_MS);
if (document.body.dataset.live) {
  document.addEventListener('visibilitychange', followWhileSeen);
  addEventListener('pagehide', disconnect);
  addEventListener('pageshow', followWhileSeen);
  followWhileSeen();
}
// For those who measure how long it took.
performance.mark('usable');
document.documentElement.dataset.script = 'on';
