// One window of the example: what a person sees in it, clicks and types.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { fileURLToPath } from 'node:url';
import { folder } from '../program.js';

export const sizes = {
  desktop: { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

export const open = () => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  headless: true,
  env: { ...process.env, FONTCONFIG_FILE: fileURLToPath(new URL('fonts.conf', import.meta.url)) },
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
});

export class Window {
  static async open(browser, url, size) {
    const w = new Window();
    w.size = size;
    w.context = await browser.newContext({ ...sizes[size], locale: 'zh-CN', timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce', serviceWorkers: 'block' });
    w.page = await w.context.newPage();
    w.page.setDefaultTimeout(15000);
    await w.watch();
    await w.page.goto(url);
    return w;
  }

  // watch collects what must not happen: errors on the console, scripts that
  // throw, what the content security policy stopped, answers that refuse.
  async watch() {
    this.wrong = [];
    this.frames = 0;   // what came over the websocket
    this.asked = 0;    // questions of the fallback for nets without websockets
    this.down = false; // the server is stopped on purpose
    const note = text => { if (!this.down) this.wrong.push(text); };
    await this.page.exposeFunction('linliViolation', text => note('policy: ' + text));
    await this.page.addInitScript(() => addEventListener('securitypolicyviolation',
      e => window.linliViolation(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`)));
    this.page.on('console', m => { if (['error', 'warning'].includes(m.type())) note(`console: ${m.text()}`); });
    this.page.on('pageerror', e => note(`script: ${e.message}`));
    this.page.on('response', r => { if (r.status() >= 400) note(`${r.status()} ${r.url()}`); });
    this.page.on('requestfailed', r => { if (r.failure()?.errorText !== 'net::ERR_ABORTED') note(`failed: ${r.url()}`); });
    this.page.on('request', r => { if (r.url().includes('/chat/lines')) this.asked++; });
    this.page.on('websocket', s => s.on('framereceived', () => { this.frames++; }));
  }

  // press clicks with the mouse or taps with a finger.
  async press(e) { await (this.size === 'phone' ? e.tap() : e.click()); }

  // look gives a pane: group, resident, leader or committee, of which a phone
  // shows one at a time, chosen at the bottom; or room, the only one there is.
  async look(name) {
    const pane = this.page.locator(`[data-pane=${name}]`);
    if (this.size === 'phone' && name !== 'room') await this.press(this.page.locator(`.bottom [data-show=${name}]`));
    await pane.waitFor({ state: 'visible' });
    return pane;
  }

  // turn goes to a chat of the room by its name.
  async turn(name) { await this.press(this.page.getByRole('tab', { name })); }

  async speakAs(id) {
    await this.look('group');
    await this.page.getByTestId('speaker').selectOption(id);
  }

  // hold turns the phone of the leaders or of the office to a person.
  async hold(name, id) {
    await this.look(name);
    await this.page.getByTestId('person-' + name).selectOption(id);
  }

  // say types a text and sends it, with the button or with the key.
  async say(name, text, { key = false } = {}) {
    const pane = await this.look(name);
    const input = pane.getByTestId(name + '-input');
    await this.press(input);
    await input.pressSequentially(text);
    if (key) await input.press('Enter');
    else await this.press(pane.getByTestId(name + '-send'));
  }

  // heard waits for a message with a text, the latest one, and gives it.
  async heard(name, text) {
    const pane = await this.look(name);
    const line = pane.getByTestId('message').filter({ hasText: text }).last();
    await line.waitFor({ state: 'visible' });
    return line;
  }

  // choose presses a button of a message by what is written on it.
  async choose(line, label) {
    const b = line.locator('[data-choice]').filter({ hasText: new RegExp(`^${label}$`) });
    await this.press(b);
  }

  // texts are all that a pane shows.
  async texts(name) {
    const pane = await this.look(name);
    return pane.getByTestId('message').locator('.text').allInnerTexts();
  }

  // fits checks that nothing sticks out at the side, unless it is in a row that
  // can be pushed along, and that what is pressed is large enough for a finger.
  async fits() {
    const wrong = await this.page.evaluate(width => {
      const pushed = e => { for (; e; e = e.parentElement) if (['auto', 'scroll'].includes(getComputedStyle(e).overflowX)) return true; return false; };
      const wrong = [];
      for (const e of document.querySelectorAll('button, a.choice, select, summary, textarea, input, time, .bubble')) {
        if (!e.checkVisibility()) continue;
        const r = e.getBoundingClientRect();
        const name = (e.textContent.trim() || e.getAttribute('aria-label') || e.className).slice(0, 20);
        if (r.right > width + .5 && !pushed(e.parentElement)) wrong.push(`${name}: ${(r.right - width).toFixed(1)} too far right`);
        if (e.matches('button:not(.act), a.choice, select, summary, textarea, input') && r.height && r.height < 43.5) wrong.push(`${name}: ${r.height} high`);
      }
      return wrong;
    }, this.page.viewportSize().width);
    assert.deepEqual(wrong, []);
  }

  async shot(name) { await this.shotOf(this.page, name); }

  // shotOf is shot for another page, at its whole length.
  async shotOf(page, name) {
    shots ??= process.env.LINLI_SHOTS || folder('shots');
    await page.screenshot({ path: `${shots}/${this.size}-${name}.png`, fullPage: page !== this.page });
  }

  async close() { await this.context.close(); }
}

let shots;
