// Makes the three pictures of the README anew, from a short day in the example:
//
//	node .ci/browser/shots.js cmd/linli
//
// and then, to make them small: pngquant --force --ext .png 64 cmd/linli/screenshot-*.png
import { join } from 'node:path';
import { clock, demo, folder } from '../program.js';
import { open, Window } from './page.js';

const to = process.argv[2];
const data = folder('demo');
clock(data);
const server = await demo(data);
const browser = await open();
try {
  const w = await Window.open(browser, server.url, 'desktop');
  const later = () => w.press(w.page.locator('[data-skip="60"]'));
  await w.speakAs('wang');
  await w.say('group', '3号楼2单元电梯又停了，老人下不了楼');
  const said = await w.heard('group', '电梯的事已登记');
  await w.speakAs('lin');
  await w.choose(said, '我也是');
  await w.heard('group', '已有2人反映');
  await w.hold('leader', 'feng');
  await w.choose(await w.heard('leader', '原话'), '接单');
  await later();
  await w.choose(await w.heard('leader', '冯物业已接'), '办好了');
  await w.heard('leader', '怎么办好的');
  await w.say('leader', '换了门机继电器，试了十趟，好了');
  await w.heard('leader', '等居民评价');
  await w.speakAs('wang');
  await w.heard('resident', '您觉得怎么样');
  await w.heard('group', '办好了');
  await w.speakAs('lin');
  await w.turn('东区群');
  await w.say('group', '3号楼1单元闻到煤气味');
  await w.hold('committee', 'sun');
  await w.heard('committee', '危险');
  await w.turn('3号楼群');
  await w.speakAs('wang');
  const settle = async page => {
    await page.evaluate(() => document.activeElement?.blur());
    await page.mouse.move(700, 5);
    await page.locator('.toast.on').first().waitFor({ state: 'detached' });
    await new Promise(done => setTimeout(done, 500)); // marks of taps fade
  };
  await settle(w.page);
  await w.page.screenshot({ path: join(to, 'screenshot-desktop.png') });
  const phone = await Window.open(browser, server.url, 'phone');
  await phone.speakAs('wang');
  await phone.heard('resident', '您觉得怎么样');
  await settle(phone.page);
  await phone.page.screenshot({ path: join(to, 'screenshot-phone.png') });
  const [desk] = await Promise.all([w.context.waitForEvent('page'), w.press(w.page.getByRole('button', { name: '社区的工作台' }))]);
  await desk.setViewportSize({ width: 1200, height: 1000 });
  await desk.getByRole('button', { name: /进入/ }).click();
  await desk.goto(new URL('/desk/cases?state=all', server.url).href);
  await desk.getByRole('link', { name: /电梯停运或故障/ }).first().click();
  await desk.getByText('对谁说了什么').waitFor();
  await desk.screenshot({ path: join(to, 'screenshot-desk.png') });
} finally {
  await browser.close();
  await server.stop();
}
