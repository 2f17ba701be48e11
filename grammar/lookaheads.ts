// Generated from the parser by `npm run grammar`: change that, not this.
import type { Lookaheads } from './kept-parser.ts';

/** By which tokens each choice of the grammar is decided. */
export const LOOKAHEADS: Lookaheads = {
  // statement: Alternation 0
  1048832: { or: [
    ['Uplink'],
    ['Set'],
    ['Route'],
    ['Forward'],
    ['Expect'],
    ['Option'],
    ['Include'],
  ] },
  // packet: Repetition 0
  1053440: { optional: ['Not', 'Host', 'From', 'To', 'In', 'Sport', 'Mac', 'Dscp', 'Mark', 'User', 'Proto', 'Cgroup', 'Time', 'Tcp', 'Udp', 'Sctp', 'Icmp', 'Icmpv6', 'Local', 'Ipv4', 'Ipv6'] },
  // uplink: RepetitionMandatory 0
  1057792: { optional: ['Dev', 'Gateway', 'Address', 'Mac', 'Table', 'Mark', 'Weight', 'MtuClamp', 'Snat', 'Masquerade', 'Nonat', 'Check'] },
  // clause: Alternation 0
  1061120: { or: [
    ['Dev'],
    ['Gateway'],
    ['Address'],
    ['Mac'],
    ['Table', 'Mark', 'Weight'],
    ['MtuClamp'],
    ['Snat', 'Masquerade', 'Nonat'],
    ['Check'],
  ] },
  // clause: Alternation 1
  1061121: { or: [
    ['Table'],
    ['Mark'],
    ['Weight'],
  ] },
  // check: Alternation 0
  1065216: { or: [
    ['Ping'],
    ['Tcp'],
    ['Http'],
  ] },
  // check: Alternation 1
  1065217: { or: [
    ['Every'],
    ['Timeout'],
    ['Down'],
    ['Up'],
  ] },
  // check: Repetition 0
  1065728: { optional: ['Every', 'Timeout', 'Down', 'Up'] },
  // set: Alternation 0
  1069312: { or: [
    ['Equals'],
    ['From'],
    ['Domains'],
  ] },
  // route: Repetition 0
  1073920: { optional: ['Not', 'Host', 'From', 'To', 'In', 'Sport', 'Mac', 'Dscp', 'Mark', 'User', 'Proto', 'Cgroup', 'Time', 'Tcp', 'Udp', 'Sctp', 'Icmp', 'Icmpv6', 'Local', 'Ipv4', 'Ipv6'] },
  // route: Repetition 1
  1073921: { optional: ['Else'] },
  // expect: Repetition 0
  1082112: { optional: ['Not', 'Host', 'From', 'To', 'In', 'Sport', 'Mac', 'Dscp', 'Mark', 'User', 'Proto', 'Cgroup', 'Time', 'Tcp', 'Udp', 'Sctp', 'Icmp', 'Icmpv6', 'Local', 'Ipv4', 'Ipv6'] },
  // expect: Option 1
  1081857: { optional: ['While'] },
  // expect: Option 2
  1081858: { optional: ['While'] },
  // answer: Alternation 0
  1085696: { or: [
    ['Via'],
    ['Main', 'Drop', 'Reject', 'Unreachable'],
  ] },
  // answer: Alternation 1
  1085697: { or: [
    ['Main'],
    ['Drop'],
    ['Reject'],
    ['Unreachable'],
  ] },
  // answer: Repetition 0
  1086208: { optional: ['Comma'] },
  // share: Option 0
  1090048: { optional: ['Snat', 'Masquerade', 'Nonat'] },
  // downs: Repetition 0
  1094400: { optional: ['Comma'] },
  // downs: Option 1
  1094145: { optional: ['Down'] },
  // downs: Option 2
  1094146: { optional: ['Down'] },
  // optionStatement: Alternation 0
  1097984: { or: [
    ['Name', 'Literal', 'Ref', 'Text'],
    ['On'],
  ] },
  // match: Alternation 0
  1106176: { or: [
    ['Host', 'From', 'To', 'In', 'Sport', 'Mac', 'Dscp', 'Mark', 'User'],
    ['Proto'],
    ['Cgroup'],
    ['Time'],
    ['Tcp', 'Udp', 'Sctp'],
    ['Icmp', 'Icmpv6'],
    ['Local', 'Ipv4', 'Ipv6'],
  ] },
  // match: Alternation 1
  1106177: { or: [
    ['Local'],
    ['Ipv4'],
    ['Ipv6'],
  ] },
  // match: Option 0
  1106432: { optional: ['Not'] },
  // listMatch: Alternation 0
  1110272: { or: [
    ['Host'],
    ['From'],
    ['To'],
    ['In'],
    ['Sport'],
    ['Mac'],
    ['Dscp'],
    ['Mark'],
    ['User'],
  ] },
  // negatable: Option 0
  1114624: { optional: ['Not'] },
  // protoMatch: Repetition 0
  1118976: { optional: ['Comma'] },
  // protoMatch: Option 0
  1118720: { optional: ['Not'] },
  // protocolName: Alternation 0
  1122560: { or: [
    ['Name'],
    ['Literal'],
    ['Tcp'],
    ['Udp'],
    ['Sctp'],
    ['Icmp'],
    ['Icmpv6'],
  ] },
  // cgroupMatch: Option 0
  1126912: { optional: ['Not'] },
  // timeMatch: Option 1
  1131009: { optional: ['Not'] },
  // timeMatch: Option 2
  1131010: { optional: ['Name', 'Literal', 'Ref', 'Text', 'Open'] },
  // transportMatch: Option 0
  1135104: { optional: ['Not', 'Name', 'Literal', 'Ref', 'Text', 'Open'] },
  // transports: Repetition 0
  1139456: { optional: ['Comma'] },
  // transport: Alternation 0
  1143040: { or: [
    ['Tcp'],
    ['Udp'],
    ['Sctp'],
  ] },
  // icmpMatch: Alternation 0
  1147136: { or: [
    ['Icmp'],
    ['Icmpv6'],
  ] },
  // icmpMatch: Option 0
  1147392: { optional: ['Not', 'Name', 'Literal', 'Ref', 'Text', 'Open'] },
  // tier: Alternation 0
  1151232: { or: [
    ['Main', 'Drop', 'Reject'],
    ['Balance'],
    ['Name', 'Literal', 'Text'],
  ] },
  // tier: Alternation 1
  1151233: { or: [
    ['Main'],
    ['Drop'],
    ['Reject'],
  ] },
  // tier: Option 0
  1151488: { optional: ['Snat', 'Masquerade', 'Nonat'] },
  // balance: Alternation 0
  1155328: { or: [
    ['Flow'],
    ['Source'],
    ['SourceDestination'],
  ] },
  // balance: Repetition 0
  1155840: { optional: ['Comma'] },
  // balance: Option 0
  1155584: { optional: ['By'] },
  // weightedShare: Option 1
  1159681: { optional: ['Literal'] },
  // weightedShare: Option 2
  1159682: { optional: ['Snat', 'Masquerade', 'Nonat'] },
  // nat: Alternation 0
  1163520: { or: [
    ['Snat'],
    ['Masquerade', 'Nonat'],
  ] },
  // nat: Alternation 1
  1163521: { or: [
    ['Masquerade'],
    ['Nonat'],
  ] },
  // nat: Option 0
  1163776: { optional: ['To'] },
  // addresses: Alternation 0
  1167616: { or: [
    ['Literal', 'Ref'],
    ['Open'],
  ] },
  // addresses: Repetition 1
  1168129: { optional: ['Comma'] },
  // addresses: Repetition 2
  1168130: { optional: ['Comma Literal', 'Comma Ref'] },
  // addresses: Option 0
  1167872: { optional: ['Literal', 'Ref'] },
  // addresses: Option 2
  1167874: { optional: ['Comma'] },
  // addr: Alternation 0
  1171712: { or: [
    ['Literal'],
    ['Ref'],
  ] },
  // list: Alternation 0
  1175808: { or: [
    ['Name', 'Literal', 'Ref', 'Text'],
    ['Open'],
  ] },
  // list: Repetition 1
  1176321: { optional: ['Comma'] },
  // list: Repetition 2
  1176322: { optional: ['Comma Name', 'Comma Literal', 'Comma Ref', 'Comma Text'] },
  // list: Option 0
  1176064: { optional: ['Name', 'Literal', 'Ref', 'Text'] },
  // list: Option 2
  1176066: { optional: ['Comma'] },
  // value: Alternation 0
  1179904: { or: [
    ['Name'],
    ['Literal'],
    ['Ref'],
    ['Text'],
  ] },
  // iface: Alternation 0
  1184000: { or: [
    ['Name'],
    ['Literal'],
    ['Text'],
  ] },
};
