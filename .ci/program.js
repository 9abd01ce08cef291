// Starts the built program for a test and ends it again. It ends only what it
// started, by its process, and removes only folders it made.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = [];

// folder makes an empty folder that is removed when the tests end.
export function folder(name) {
  const dir = mkdtempSync(join(tmpdir(), `linli-${name}-`));
  folders.push(dir);
  return dir;
}

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(code));
process.on('exit', () => { for (const dir of folders) rmSync(dir, { recursive: true, force: true }); });

// LINLI names the program that is tested; without it, it is built.
function binary() {
  if (!process.env.LINLI) {
    const file = join(folder('bin'), 'linli');
    execFileSync('go', ['build', '-o', file, './cmd/linli'], { cwd: root, stdio: 'inherit' });
    process.env.LINLI = file;
  }
  return process.env.LINLI;
}

// run starts the program and waits until it has printed what `ready` matches,
// on either stream.
export async function run(args, ready, { env = {}, within = 20000 } = {}) {
  const child = spawn(binary(), args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const p = { stdout: '', stderr: '', code: undefined };
  child.on('error', e => { p.stderr += e; p.code ??= 'not started'; });
  const ended = new Promise(done => child.on('close', (code, signal) => { p.code = code ?? signal; done(p.code); }));
  process.on('exit', () => { if (p.code === undefined) child.kill('SIGKILL'); });
  p.match = await new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`linli ${args[0]} did not say ${ready} in time:\n${p.stdout}${p.stderr}`)), within);
    const look = () => {
      const m = (p.stdout + '\n' + p.stderr).match(ready);
      if (m) { clearTimeout(timer); done(m); }
    };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8');
      child[stream].on('data', text => { p[stream] += text; look(); });
    }
    ended.then(code => { clearTimeout(timer); fail(new Error(`linli ${args[0]} ended with ${code}:\n${p.stdout}${p.stderr}`)); });
  });
  // stop asks it to end, as a service manager does, and gives its exit code.
  p.stop = async (signal = 'SIGTERM') => {
    if (p.code === undefined) child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 30000);
    const code = await ended;
    clearTimeout(timer);
    return code;
  };
  return p;
}

// clock sets the clock of an example that is not yet running, to nine on a working
// Wednesday unless a test needs another time, so that it passes at any hour of any day.
export function clock(data, at = Date.UTC(2026, 2, 11, 1)) {
  const skip = BigInt(at - Date.now()) * 1000000n;
  writeFileSync(join(data, 'demo-clock'), `${skip}\n`);
}

// demo starts the example community and gives its address as `url`.
export async function demo(data, listen = '127.0.0.1:0') {
  const p = await run(['demo', '--data', data, '--listen', listen], /(http:\/\/\S+)/);
  p.url = p.match[1];
  return p;
}

// until waits for something to become true, and gives it.
export async function until(what, look, within = 20000) {
  for (const end = Date.now() + within; ;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not in ${within / 1000} s`);
    await new Promise(done => setTimeout(done, 50));
  }
}
