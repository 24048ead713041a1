import { APP, type Case, http, nameOf, OWN, THEIRS, VICTIM } from "./case.ts";

/** What stands between the attacker's own repository and `<victim's uuid>/config`. */
const CLIMBS: Readonly<Record<string, string>> = {
  plain: "/../",
  encoded_dots: "/%2e%2e/",
  encoded_dots_upper: "/%2E%2E/",
  first_dot_encoded: "/%2e./",
  second_dot_encoded: "/.%2e/",
  encoded_slash: "/..%2f",
  encoded_slash_upper: "/..%2F",
  slash_before_encoded: "%2f../",
  all_encoded: "%2f%2e%2e%2f",
  backslash: "/..\\",
  encoded_backslash: "/..%5c",
  backslashes: "\\..\\",
  encoded_backslashes: "%5c..%5c",
  double_encoded_dots: "/%252e%252e/",
  double_encoded_slash: "/..%252f",
  double_encoded_all: "%252f%252e%252e%252f",
  triple_encoded: "/%25252e%25252e/",
  overlong_slash_two_bytes: "/..%c0%af",
  overlong_slash_three_bytes: "/..%e0%80%af",
  overlong_slash_four_bytes: "/..%f0%80%80%af",
  overlong_dots_two_bytes: "/%c0%ae%c0%ae/",
  overlong_dots_three_bytes: "/%e0%80%ae%e0%80%ae/",
  overlong_backslash: "/..%c1%9c",
  overlong_slash_raw_bytes: "/..\xc0\xaf",
  full_width_slash: "/..%ef%bc%8f",
  full_width_dots: "/%ef%bc%8e%ef%bc%8e/",
  division_slash: "/..%e2%88%95",
  quoted_by_rclone: "/%e2%80%9b..%e2%80%9b/",
  iis_unicode: "/..%u002f",
  iis_unicode_dots: "/%u002e%u002e/",
  parameter_after: "/..;/",
  parameter_with_value: "/..;x=y/",
  parameter_before: "/;/../",
  parameter_glued: ";/../",
  comma: "/..,/",
  three_dots: "/.../",
  four_dots: "/....//",
  dot_first: "/./../",
  doubled_slashes: "//..//",
  unknown_folder_first: "/x/../../",
  known_folder_first: "/data/../../",
  config_first: "/config/../../",
  nul_after: "/..%00/",
  nul_raw: "/..\x00/",
  carriage_return: "/..%0d/",
  line_feed: "/..%0a/",
  line_feed_raw: "/..\n/",
  tab: "/..%09/",
  tab_raw: "/..\t/",
  blank_after: "/..%20/",
  blank_before: "/%20../",
  delete: "/..%7f/",
  broken_encoding: "/..%2",
  lone_percent: "/..%/",
  not_hex: "/..%zz/",
  nested_encoding: "/%%32%65%%32%65/",
  question_mark_encoded: "/..%3f/",
  fragment: "/..#/",
  fragment_encoded: "/..%23/",
  above_the_destination: "/../../../../",
};

/** HAProxy's own parser refuses these; all others are refused by what judges the target. */
const UNPARSABLE = new Set(["nul_raw", "line_feed_raw", "tab_raw", "fragment", "overlong_slash_raw_bytes"]);

const climbing: Case[] = Object.entries(CLIMBS).flatMap(([name, climb]) => {
  const above = name === "above_the_destination" ? `srv/repo/dokuwiki/${VICTIM.uuid}` : VICTIM.uuid;
  const target = `${OWN}${climb}${above}/config`;
  const answers = UNPARSABLE.has(name) ? "400" : "403";
  return [
    { name: `rest climb ${name}`, bytes: http(target), answers },
    { name: `webdav climb ${name}`, bytes: http(target, { rest: false }), answers },
    { name: `upload climb ${name}`, bytes: http(target, { method: "POST", body: "evil" }), answers },
    {
      name: `delete climb ${name}`,
      bytes: http(target.replace(/config$/, `locks/${nameOf("locks")}`), { method: "DELETE" }),
      answers,
    },
  ];
});

/** The victim's config under other spellings; `answers` where it is not 403. */
const SPELLINGS: Readonly<Record<string, string | readonly [target: string, answers: string]>> = {
  letter_encoded: `${THEIRS}/%63onfig`,
  all_encoded: `${THEIRS}/%63%6f%6e%66%69%67`,
  double_encoded: `${THEIRS}/%2563onfig`,
  trailing_slash: `${THEIRS}/config/`,
  trailing_dot: `${THEIRS}/config.`,
  trailing_dots: `${THEIRS}/config...`,
  trailing_dot_segment: `${THEIRS}/config/.`,
  trailing_blank: `${THEIRS}/config%20`,
  trailing_nul: `${THEIRS}/config%00`,
  nul_and_suffix: `${THEIRS}/config%00.json`,
  parameter: `${THEIRS}/config;x`,
  stream: `${THEIRS}/config::$DATA`,
  tilde: `${THEIRS}/config~`,
  upper_case: `${THEIRS}/CONFIG`,
  doubled_slash: `${THEIRS}//config`,
  leading_slashes: `/${THEIRS}/config`,
  three_leading_slashes: `//${THEIRS}/config`,
  leading_backslash: `/\\${THEIRS}/config`,
  dot_segment: `${THEIRS}/./config`,
  backslash: `${THEIRS}\\config`,
  encoded_slash: `${THEIRS}%2fconfig`,
  app_type_encoded: `${THEIRS.replace("dokuwiki", "dokuwik%69")}/config`,
  app_type_upper: `${THEIRS.replace("dokuwiki", "DOKUWIKI")}/config`,
  app_type_with_number: `${THEIRS.replace("dokuwiki", "dokuwiki1")}/config`,
  app_type_parameter: `${THEIRS.replace("dokuwiki", "dokuwiki;x")}/config`,
  uuid_upper: `${APP}/${VICTIM.uuid.toUpperCase()}/config`,
  uuid_encoded: `${APP}/%64${VICTIM.uuid.slice(1)}/config`,
  uuid_in_braces: `${APP}/%7b${VICTIM.uuid}%7d/config`,
  uuid_without_hyphens: `${APP}/${VICTIM.uuid.replaceAll("-", "")}/config`,
  uuid_with_blank: `${APP}/${VICTIM.uuid}%20/config`,
  destination_upper: `${THEIRS.toUpperCase()}/config`,
  destination_encoded: `${THEIRS.replace("/5", "/%35")}/config`,
  destination_doubled: `${THEIRS.replace("/dokuwiki", `${THEIRS}`)}/config`,
  without_destination: `${THEIRS.slice(37)}/config`,
  two_repositories: `${OWN}${THEIRS}/config`,
  own_repository_glued: `${OWN}${THEIRS.slice(1)}/config`,
  own_inside_theirs: `${THEIRS}/../${OWN.slice(46)}/config`,
  user_info: `/x@gateway${THEIRS}/config`,
  scheme_inside: `/http:/${THEIRS}/config`,
  victim_in_the_query: `${OWN}/config?path=${THEIRS}/config`,
  victim_in_the_query_encoded: `${OWN}/config%3f/../..${THEIRS}/config`,
  victim_behind_a_fragment: [`${OWN}/config#${THEIRS}/config`, "400"],
  the_gateways_own_keeper: "/stored/x/1/x",
  the_gateways_own_readiness: "/ready/x/rest-full",
  the_sidecars_question: "/decide",
  health: "/healthz",
  readiness: "/readyz",
  metrics: "/metrics",
  status: "/status",
  rclones_control: "/rc/noop",
  haproxys_statistics: "/haproxy?stats",
};

const spelled: Case[] = Object.entries(SPELLINGS).flatMap(([name, spelling]) => {
  const [target, answers] = typeof spelling === "string" ? [spelling, "403"] : spelling;
  return [
    { name: `rest ${name}`, bytes: http(target), answers },
    { name: `webdav ${name}`, bytes: http(target, { rest: false }), answers },
  ];
});

/** The attacker's own config: it exists, so that nothing may write it again under any name. */
const OWN_CONFIG: Readonly<Record<string, string>> = {
  plain: `${OWN}/config`,
  trailing_slash: `${OWN}/config/`,
  letter_encoded: `${OWN}/%63onfig`,
  doubled_slash: `${OWN}//config`,
  leading_slashes: `/${OWN}/config`,
  dot_segment: `${OWN}/./config`,
  climbing: `${OWN}/data/../config`,
  encoded_slash: `${OWN}%2fconfig`,
  trailing_dot_segment: `${OWN}/config/.`,
  trailing_dot: `${OWN}/config.`,
  nul: `${OWN}/config%00`,
  query: `${OWN}/config?x`,
  create: `${OWN}/config?create=true`,
  empty_query: `${OWN}/config?`,
  upper_case: `${OWN}/CONFIG`,
  below: `${OWN}/config/x`,
  parameter: `${OWN}/config;x`,
};

const own: Case[] = Object.entries(OWN_CONFIG).flatMap(([name, target]) => [
  {
    name: `upload own config ${name}`,
    bytes: http(target, { method: "POST", body: "evil" }),
    answers: "403",
  },
  { name: `delete own config ${name}`, bytes: http(target, { method: "DELETE" }), answers: "403" },
  {
    name: `put own config ${name}`,
    bytes: http(target, { method: "PUT", body: "evil", rest: false }),
    answers: "403",
  },
]);

export const PATHS: readonly Case[] = [...climbing, ...spelled, ...own];
