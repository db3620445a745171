// The list of calls that every client runs, each against a server of its own: what they come to must be the same.
// Ids and times of the requests are fixed, so that only what the server makes up differs.
const RESPONSES = 700;
const uuid = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const QUESTIONNAIRE = {
  questionnaireId: 'desk', version: 1, legalBasis: { source: 'made up for a test', grade: 'GRADE_UNVERIFIED' },
  title: { vi: 'Quầy' }, audience: 'AUDIENCE_CITIZENS',
  questions: [{
    questionId: 'rating', kind: 'QUESTION_KIND_RATING', text: { vi: 'Hài lòng?' }, required: true,
    options: ['1', '2', '3', '4', '5'].map((vi) => ({ text: { vi } })),
  }],
};

export async function run(caller, admin, now) {
  const said = [];
  const iso = (s) => new Date(now + s * 1000).toISOString().replace(/\.\d+/, '');
  const response = (n, choice) => ({
    responseId: uuid(n), roundId: 'autumn', questionnaireVersion: 1, unitId: '1.1', submittedAt: iso(-60),
    answers: [{ questionId: 'rating', choice }],
  });
  const call = async (name, json, credential = admin) => {
    const result = await caller.call(name, json, credential);
    said.push({ name, ...result });
    return result.answer;
  };
  const stream = async (name, json, credential = admin, messages_max) => {
    const result = await caller.stream(name, json, credential, messages_max);
    said.push({ name, ...result });
  };

  await call('RegistryService/ListRounds', {}, '');
  await call('RegistryService/ListRounds', {}, 'guessed');
  await call('RegistryService/ListRounds', {}, 'x'.repeat(400));
  await call('RegistryService/GetRound', { roundId: 'nothing' });
  await call('RegistryService/ImportUnits', { units: [
    { unitId: '1', name: 'Tỉnh', level: 'province', validFrom: '2020-01-01' },
    { unitId: '1.1', name: 'Xã', level: 'commune', parentUnitId: '1', validFrom: '2020-01-01' }] });
  await call('RegistryService/ImportUnits', { units: [{ unitId: '1.2', name: '', level: 'commune', parentUnitId: '9' }] });
  await call('RegistryService/ListUnits', {});
  await call('RegistryService/PublishQuestionnaire', { questionnaire: QUESTIONNAIRE });
  await call('RegistryService/OpenRound', { round: {
    roundId: 'autumn', questionnaireId: 'desk', questionnaireVersion: 1, rootUnitId: '1', frameworkId: 'lecture-rating',
    synthetic: true, title: { vi: 'Mùa thu' }, opensAt: iso(-3600), closesAt: iso(3600) } });
  await call('RegistryService/GetRound', { roundId: 'autumn' });
  await call('RegistryService/ImportPopulations', { roundId: 'autumn',
    populations: [{ unitId: '1.1', size: '5000', source: 'made up for a test' }] });
  const { credential } = await call('RegistryService/CreateCollector',
    { collector: { collectorId: 'web', channel: 'CHANNEL_WEB' } });
  await call('CollectionService/SubmitResponse', { response: response(1, 5) }, credential);
  await call('CollectionService/SubmitResponse', { response: response(1, 5) }, credential);
  await call('CollectionService/SubmitResponse', { response: response(1, 4) }, credential);
  await call('CollectionService/SubmitResponse', { response: response(2, 9) }, credential);
  await call('CollectionService/SubmitResponse', { response: response(2, 3) }, admin);
  await call('CollectionService/SubmitResponse', {}, credential);
  await call('CollectionService/SubmitResponses', { responses: [response(3, 3), response(4, 0), response(1, 5)] }, credential);
  for (let begin = 10; begin < RESPONSES; begin += 345) {
    await call('CollectionService/SubmitResponses', { responses: Array.from({ length: 345 },
      (_, i) => response(begin + i, 1 + (i % 5))) }, credential);
  }
  await call('CollectionService/GetQuestionnaire', { questionnaireId: 'desk', version: 1 }, credential);
  await call('RegistryService/ListAccounts', {}, credential);
  await call('KioskService/Enroll', { enrolmentCode: 'AAAAA-AAAAA', credential: 'x'.repeat(43) }, '');
  await call('KioskService/Heartbeat', { status: { version: '1' } }, credential);
  await call('ResultsService/GetSipas', { roundId: 'autumn' });
  await call('ResultsService/GetSipas', { roundId: 'nothing' });
  await call('ResultsService/ListUnitScores', { roundId: 'autumn', pageToken: 'nothing' });
  await stream('ResultsService/ExportResponses', { roundId: 'autumn' });
  await stream('ResultsService/ExportResponses', { roundId: 'nothing' });
  await stream('ResultsService/ExportResponses', { roundId: 'autumn' }, credential);
  await stream('ResultsService/WatchRound', { roundId: 'autumn' }, admin, 1);
  await stream('ResultsService/WatchRound', { roundId: 'autumn' }, '');
  await call('RegistryService/CloseRound', { roundId: 'autumn' });
  await call('RegistryService/RevokeCollector', { collectorId: 'web' });
  await call('CollectionService/SubmitResponse', { response: response(5, 5) }, credential);
  return said;
}

// What a server makes up by itself, taken out: times, credentials, digests over times, cursors and keys.
export function comparable(said) {
  return JSON.parse(JSON.stringify(said)
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')
    .replace(/"credential":"[^"]+"/g, '"credential":"MADE UP"'));
}
