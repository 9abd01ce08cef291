// A community and a configuration for a test that must pass at any hour: its
// people work day and night and on every weekend, else a card that is sent on
// a Sunday evening would rightly wait until Monday.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const example = fileURLToPath(new URL('../flows/community/example.yaml', import.meta.url));

// town writes both into a folder and gives the path of the configuration.
// Without a token Telegram is off.
export function town(dir, { token = '', api = 'http://127.0.0.1:9' } = {}) {
  let text = readFileSync(example, 'utf8');
  for (const [from, to] of [
    [/^hours: .*$/m, 'hours: ["0:00-24:00"]'],
    [/^ {2}morning: .*$/m, '  morning: "0:00"'],
    [/^ {2}evening: .*$/m, '  evening: "24:00"'],
    [/^ {2}gather: .*$/m, '  gather: 1s'],
  ]) {
    if (!from.test(text)) throw new Error(`the example community has no line like ${from}`);
    text = text.replace(from, to);
  }
  writeFileSync(join(dir, 'community.yaml'), text);
  mkdirSync(join(dir, 'holidays'));
  const now = new Date();
  for (const year of [now.getFullYear(), now.getFullYear() + 1]) {
    const work = [];
    for (const d = new Date(Date.UTC(year, 0, 1)); d.getUTCFullYear() === year; d.setUTCDate(d.getUTCDate() + 1)) {
      if (d.getUTCDay() % 6 === 0) work.push(d.toISOString().slice(5, 10));
    }
    // A file needs a holiday: one that is half a year away.
    const month = (now.getMonth() + 6) % 12 + 1;
    let day = 10;
    while (work.includes(`${String(month).padStart(2, '0')}-${day}`)) day++;
    const off = `${String(month).padStart(2, '0')}-${day}`;
    writeFileSync(join(dir, 'holidays', `${year}.yaml`),
      `year: ${year}\nsource: test\nholidays:\n  - {name: test, from: ${off}, to: ${off}, work: [${work.join(', ')}]}\n`);
  }
  const config = join(dir, 'config.yaml');
  writeFileSync(config, `data: data
listen: 127.0.0.1:0
time_zone: Asia/Shanghai
community: community.yaml
telegram: {token: "${token}", api_url: "${api}", mode: polling}
webchat: {enabled: true}
log: {level: debug}
`);
  return config;
}

// The same configuration at an address that is known by now.
town.at = (config, address) => {
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^listen: .*$/m, `listen: ${address}`));
  return config;
};
