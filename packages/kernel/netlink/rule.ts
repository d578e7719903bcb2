/** rtnetlink requests about routing policy rules (ip-rule(8), linux/fib_rules.h); all pure. */
import { attribute, NLM_F, text, u32, type NetlinkRequest } from './message.ts';

const RTM = { NEWRULE: 32, DELRULE: 33 } as const;
const FRA = { IIFNAME: 3, PRIORITY: 6, FWMARK: 10, TABLE: 15 } as const;
const AF = { 4: 2, 6: 10 } as const;
const FR_ACT_TO_TBL = 1;

/** Packets with this mark, come in by this link, are routed by that table. */
export interface RoutingRule {
  readonly family: 4 | 6;
  readonly priority: number;
  readonly mark: number;
  readonly from?: string;
  readonly table: number;
}

/** `ip rule add`; EEXIST when there is the very same. */
export function addRule(rule: RoutingRule): NetlinkRequest {
  return { type: RTM.NEWRULE, flags: NLM_F.CREATE | NLM_F.EXCL, body: ruleBody(rule), about: `add rule ${rule.priority}` };
}

/** `ip rule del`; ENOENT when there is none. */
export function deleteRule(rule: RoutingRule): NetlinkRequest {
  return { type: RTM.DELRULE, flags: 0, body: ruleBody(rule), about: `delete rule ${rule.priority}` };
}

/** struct fib_rule_hdr: family, dst length, src length, tos, table, two reserved, action (u8 each), flags u32. */
function ruleBody({ family, priority, mark, from, table }: RoutingRule): Buffer {
  const header = Buffer.concat([Uint8Array.of(AF[family], 0, 0, 0, table < 256 ? table : 0, 0, 0, FR_ACT_TO_TBL), u32(0)]);
  const parts: Uint8Array[] = [header, attribute(FRA.PRIORITY, u32(priority)), attribute(FRA.FWMARK, u32(mark)), attribute(FRA.TABLE, u32(table))];
  if (from !== undefined) parts.push(attribute(FRA.IIFNAME, text(from)));
  return Buffer.concat(parts);
}
