// hailongd, hailong and hailong-kiosk as processes of their own, set up as an administrator would: one round, one kiosk.
import { writeFileSync } from 'node:fs';
import { PIN } from './kit.mjs';
import { Network } from './network.mjs';
import { freePort, Hailongd, Program, shipped } from './program.mjs';

const [, pageDirectory] = process.argv.slice(2);
export const ROUND = 'hcm-2026-counter';
export const KIOSK = 'kiosk-25747-1';
const UNIT = '25747';

export class Province extends Hailongd {
  // `draw` gives a number from [0, 1), for what the network does.
  static async open(running, draw) {
    const province = new Province();
    running.add(province);
    await province.startServer();
    province.network = await Network.to(province.port, draw);
    province.setUp();
    const page = `127.0.0.1:${await freePort()}`;
    province.kiosk = new Program('hailong-kiosk', ['--data', province.path('kiosk'), '--server', province.network.address,
      '--enrolment-code-file', province.path('code'), '--page', pageDirectory, '--listen', page]);
    await province.kiosk.start('started');
    province.url = `http://${page}/`;
    return province;
  }
  setUp() {
    this.hailong('unit', 'import', shipped('registry/ho-chi-minh-2026-07.csv'));
    this.hailong('questionnaire', 'publish', shipped('questionnaires/sipas-2026.textproto'));
    this.hailong('round', 'open', shipped(`rounds/${ROUND}.textproto`));
    const added = this.hailong('collector', 'add', KIOSK, '--name', 'Quầy 1', '--channel', 'kiosk', '--unit', UNIT, '--enrol',
      '--format', 'json');
    writeFileSync(this.path('code'), JSON.parse(added).enrolment_code);
    writeFileSync(this.path('pin'), `${PIN}\n`);
    this.hailong('collector', 'configure', KIOSK, '--round', ROUND, '--form', 'counter', '--long-form', 'full',
      '--countdown', '3', '--pin-file', this.path('pin'));
  }
  collector() {
    return JSON.parse(this.hailong('collector', 'list', '--format', 'json')).collectors.find((one) => one.collector_id === KIOSK);
  }
  async stop() {
    await this.kiosk?.stop('SIGKILL');
    await super.stop();
    await this.network?.stop();
  }
}
