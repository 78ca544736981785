// What a node answers, as protocol/schema.json has it: the fields that this page reads.

export type Content = { digest: string; codec: string; size: number; cid?: string };

export type Clock = {
  first: number;
  start: number;
  length: number;
  reveal: number;
  attest: number;
  open: number;
};

export type Head = {
  model_version: number;
  round: number;
  account: string;
  checkpoint: Content;
  score: number;
  providers: string[];
};

export type Policy = { on: string; records: number; set?: Content; series?: string };

export type OptionalRule = { rule: string; [field: string]: unknown };

export type Group = {
  id: number;
  owner: string;
  name: string;
  model: Content;
  model_version: number;
  dataset_version: number;
  providers: string[];
  metric: string;
  policy: Policy;
  minimum_improvement: number;
  target: number | null;
  clock: Clock;
  deposit: string;
  shares: { validators: number; keepers: number };
  head: Head | null;
  voting_period: number;
  quorum: number;
  stake: string;
  closes: number;
  block: number;
  round: number | null;
  settled: number | null;
  optional_rules: OptionalRule[];
};

export type Range = { start: number; end: number };

export type Windows = {
  commit: Range;
  seed: number;
  reveal: Range;
  attest: Range;
  open: Range;
  settle: number;
};

export type Tally = {
  matches: number;
  mismatches: number;
  unavailable: number;
  invalid: number;
  ill_conditioned: number;
};

export type Candidate = {
  account: string;
  deposit: string;
  reveal: { checkpoint: Content; claim: number; providers: string[] } | null;
  measured: number | null;
  outcome: string | null;
  reward: string;
  slashed: string;
  tally: Tally | null;
};

export type Member = { account: string; attested: boolean; opened: boolean };

export type Round = {
  group: number;
  round: number;
  phase: string;
  windows: Windows;
  model_version: number;
  dataset_version: number;
  minimum_improvement: number;
  settled: boolean;
  baseline: number | null;
  winner: string | null;
  candidates: Candidate[];
  committee: Member[];
  block: number;
};

export type RoundSummary = {
  round: number;
  model_version: number;
  dataset_version: number;
  commitments: number;
  reveals: number;
  baseline: number | null;
  winner: { account: string; score: number; reward: string } | null;
};

export type Explanation = { sentence: string };

export type Standing = {
  account: string;
  rounds: number;
  wins: number;
  best: number | null;
  earned: string;
  slashed: string;
};

export type LogEntry = {
  version: number;
  from: number;
  proposer: string;
  block: number;
  report: { added: number; removed: number; records: number } | null;
};

export type Proposal = {
  id: number;
  proposer: string;
  delta: Content;
  providers: string[];
  summary: string;
  deposit: string;
  base: number;
  block: number;
  ayes: string;
  lost: number;
  check: {
    attempt: number | null;
    until: number | null;
    verdicts: [{ verdict: string; [field: string]: unknown }, number][];
    decided: { verdict: string; [field: string]: unknown } | null;
    committee: number;
  } | null;
  ending: { ending: string; version?: number; fault?: string } | null;
};

export type Amendment = {
  id: number;
  proposer: string;
  changes: { change: string; [field: string]: unknown }[];
  summary: string;
  block: number;
  ayes: string;
  majority: string;
  lost: number;
  ending: { ending: string; from?: number } | null;
};

export type Pot = {
  winner: string;
  validators: string;
  keepers: string;
  proposer: string;
  fundings: { client: string; left: string; per_round: string; paused: boolean }[];
};

export type Order = {
  client: string;
  left: string;
  price: string;
  bonus: string;
  target: number;
  mark: number;
  since: number;
  until: number;
  paused: boolean;
};

export type Custody = {
  keepers: { account: string; deposit: string; since: number; missed: number; leaving: boolean }[];
  checks: number;
  due: string;
} | null;

export type Series = {
  requester: string;
  sets: number;
  left: number;
  misses: number;
  suspended: boolean;
  bond: string;
} | null;

export type Emission = {
  block: number;
  era: number;
  next_halving: number | null;
  issuance: string;
  genesis: string;
  minted: string;
  burned: string;
  stake: string;
  streams: { stream: string; period: number; since: number; emission: string; flown: string }[];
};

export type Validator = {
  account: string;
  bond: string;
  standing: { standing: string; until?: number };
  is_candidate: boolean;
  strikes: number;
  rank: number | null;
};

export type ValidatorRules = { minimum_bond: string; seats: number };

export type Rewards = { accrued: string; claimed: string };

export type Stake = {
  stake: string;
  pending: string;
  total: string;
  unstaking: { amount: string; until: number }[];
  delta: number | null;
  amendments: number[];
};
export type Recording = {
  recipe: {
    base: { base: string; checkpoint?: Content };
    optimizer: { optimizer: string };
    precision: string;
    steps: number;
    batch: number;
  };
  trace: { root: string; segments: number };
  number: number;
};

export type ChainEvent = { event: string; group: number; round?: number };

export type BlockEvents = { block: number; hash: string; events: ChainEvent[] };
