import { InputTransformer } from '../../lib/alerts/input-transformer';
import { type Resource, resolved, type TemplateObject, templatesOf } from '../fixtures';
import { matches } from './matches';
import type { Event } from './samples';

/** The recipient of an event, and what it receives. */
export interface Delivery {
  readonly to: string;
  readonly text: string;

  /** The message group, if the mailer receives the text as a message for the recipient. */
  readonly group?: string;
}

/** The text of a delivery to a bus outside the deployment. */
export const UNCHANGED = 'the event, unchanged';

interface Rule {
  readonly stack: string;
  readonly bus: string;
  readonly pattern: object;
  readonly targets: readonly {
    Arn: unknown;
    SqsParameters?: { MessageGroupId: string };
    InputTransformer?: { InputTemplate: string; InputPathsMap?: Record<string, string> };
  }[];
}

/** The event rules of a deployment. It follows an event from a bus to its recipients. */
export class Deliveries {
  private readonly templates: Record<string, TemplateObject>;
  private readonly rules: readonly Rule[];
  private readonly cache = new Map<string, readonly boolean[]>();

  constructor(
    configuration: object,
    /** The stack in the home Region that contains each bus. */
    private readonly buses: Readonly<Record<string, string>>,
    /** The accounts of stacks that are not in the account of the samples. */
    accounts: Readonly<Record<string, string>> = {},
  ) {
    this.templates = templatesOf(configuration);
    this.rules = Object.entries(this.templates).flatMap(([stack, template]) =>
      Object.values(template.Resources)
        .filter(({ Type }) => Type === 'AWS::Events::Rule')
        .map(({ Properties }) => ({
          stack,
          bus: Properties.EventBusName === undefined ? 'default' : this.busName(template, Properties.EventBusName),
          pattern: resolvedDeeply(Properties.EventPattern, accounts[stack]) as object,
          targets: Properties.Targets,
        })),
    );
  }

  /** Returns the deliveries of an event that is put on a bus in a stack's account. */
  of(event: Event, stack: string, bus = 'default', hops = 0): Delivery[] {
    const rules = this.rules.filter((rule) => rule.stack === stack && rule.bus === bus);
    if (rules.length === 0) {
      throw new Error(`${stack} has no rule on the bus ${bus}`);
    }
    const matching = this.matching(event);
    return rules
      .filter((rule) => matching[this.rules.indexOf(rule)])
      .flatMap(({ targets }) => targets)
      .flatMap((target) => this.delivered(event, stack, target, hops));
  }

  /** Returns the target and input of a stack's daily schedule. */
  schedule(stack: string, instant: string): { readonly target: string; readonly input: string } {
    const [schedule] = Object.values(this.templates[stack]?.Resources ?? {}).filter(
      ({ Type }) => Type === 'AWS::Scheduler::Schedule',
    );
    const { Arn, Input } = schedule?.Properties.Target ?? {};
    return { target: resolved(Arn), input: resolved(Input).replaceAll('<aws.scheduler.scheduled-time>', instant) };
  }

  /** Returns whether each of all rules matches an event. */
  private matching(event: Event): readonly boolean[] {
    const key = JSON.stringify(event);
    const matching =
      this.cache.get(key) ??
      matches(
        this.rules.map(({ pattern }) => pattern),
        event,
      );
    this.cache.set(key, matching);
    return matching;
  }

  private delivered(
    event: Event,
    stack: string,
    { Arn, InputTransformer: transformer, SqsParameters: fifo }: Rule['targets'][number],
    hops: number,
  ): Delivery[] {
    const template = this.templates[stack] as TemplateObject;
    const [, bus] =
      /:event-bus\/([\w-]+)$/.exec(
        typeof Arn === 'object' && Arn !== null && 'Fn::GetAtt' in Arn ? '' : resolved(Arn),
      ) ?? [];
    if (bus !== undefined) {
      const next = this.buses[bus];
      if (next === undefined) {
        return [{ to: resolved(Arn), text: UNCHANGED }];
      }
      if (hops > 0) {
        throw new Error(`${resolved(Arn)}: EventBridge doesn't forward events that a bus received from another bus`);
      }
      return this.of(event, next, bus, hops + 1);
    }
    const { InputTemplate, InputPathsMap } = transformer ?? {};
    const text = new InputTransformer(resolved(InputTemplate), InputPathsMap).render(event);
    if (fifo === undefined) {
      return [{ to: this.recipient(template, Arn), text }];
    }
    const [, topic] = /^\$\{(\w+)\}$/.exec(JSON.parse(text).recipient) ?? [];
    const to = topic === undefined ? JSON.parse(text).recipient : this.recipient(template, { Ref: topic });
    return [{ to, text, group: fifo.MessageGroupId }];
  }

  /** Returns the addresses of a topic, or the name of a function. */
  private recipient(template: TemplateObject, arn: unknown): string {
    const id = logicalId(arn);
    const resource = id === undefined ? undefined : template.Resources[id];
    if (resource?.Type === 'AWS::SNS::Topic') {
      const subscriptions = Object.values(template.Resources).filter(
        ({ Type, Properties }) => Type === 'AWS::SNS::Subscription' && logicalId(Properties.TopicArn) === id,
      );
      return subscriptions.map(({ Properties }) => `${Properties.Protocol}:${Properties.Endpoint}`).join(', ');
    }
    return resource === undefined ? resolved(arn) : resource.Properties.FunctionName;
  }

  private busName(template: TemplateObject, bus: unknown): string {
    const id = logicalId(bus);
    return (id === undefined ? undefined : (template.Resources[id] as Resource).Properties.Name) ?? resolved(bus);
  }
}

function logicalId(value: unknown): string | undefined {
  const reference = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] } | string;
  return typeof reference === 'string' ? undefined : (reference.Ref ?? reference['Fn::GetAtt']?.[0]);
}

function resolvedDeeply(value: unknown, account?: string): unknown {
  if (Array.isArray(value)) {
    return value.map((part) => resolvedDeeply(part, account));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return 'Ref' in value || 'Fn::Join' in value
    ? resolved(value, account)
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolvedDeeply(part, account)]));
}
