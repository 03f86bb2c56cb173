import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Resource, resolved, type TemplateObject, templatesOf } from '../fixtures';
import type { Event } from './samples';
import { transformed } from './transform';

/** Python with moto, which knows EventBridge's patterns. `make cdk` names it. */
export const PYTHON = process.env.STAGECERT_PYTHON;

/** Where an event ends, and as what. */
export interface Delivery {
  readonly to: string;
  readonly as: string;
}

interface Rule {
  readonly stack: string;
  readonly bus: string;
  readonly pattern: object;
  readonly targets: readonly {
    Arn: unknown;
    InputTransformer?: { InputTemplate: unknown; InputPathsMap?: Record<string, string> };
  }[];
}

/** The events and rules of a deployment: what becomes of an event on the default bus of an account, or on a bus of ours. */
export class Deliveries {
  private readonly templates: Record<string, TemplateObject>;
  private readonly rules: readonly Rule[];
  private readonly asked = new Map<string, readonly boolean[]>();

  constructor(
    configuration: object,
    /** The stack in the home Region that has each bus. */
    private readonly buses: Readonly<Record<string, string>>,
    /** The accounts of stacks that are not in the one of the samples. */
    accounts: Readonly<Record<string, string>> = {},
  ) {
    this.templates = templatesOf(configuration);
    this.rules = Object.entries(this.templates).flatMap(([stack, template]) =>
      Object.values(template.Resources)
        .filter(({ Type }) => Type === 'AWS::Events::Rule')
        .map(({ Properties }) => ({
          stack,
          bus: Properties.EventBusName === undefined ? 'default' : this.nameOf(template, Properties.EventBusName),
          pattern: deep(Properties.EventPattern, accounts[stack]) as object,
          targets: Properties.Targets,
        })),
    );
  }

  /** What becomes of an event that is put on a bus of a stack's account. */
  of(event: Event, stack: string, bus = 'default', hops = 0): Delivery[] {
    const rules = this.rules.filter((rule) => rule.stack === stack && rule.bus === bus);
    if (rules.length === 0) {
      throw new Error(`${stack} has no rule on the bus ${bus}`);
    }
    const fits = this.fits(event);
    return rules
      .filter((rule) => fits[this.rules.indexOf(rule)])
      .flatMap(({ targets }) => targets)
      .flatMap((target) => this.arrived(event, stack, target, hops));
  }

  /** What a stack's daily schedule calls, and with what. */
  schedule(stack: string, instant: string): { readonly target: string; readonly input: string } {
    const [schedule] = Object.values(this.templates[stack]?.Resources ?? {}).filter(
      ({ Type }) => Type === 'AWS::Scheduler::Schedule',
    );
    const { Arn, Input } = schedule?.Properties.Target ?? {};
    return { target: resolved(Arn), input: resolved(Input).replaceAll('<aws.scheduler.scheduled-time>', instant) };
  }

  /** Which rules an event fits, of all: Python is started once an event. */
  private fits(event: Event): readonly boolean[] {
    const key = JSON.stringify(event);
    const known =
      this.asked.get(key) ??
      matches(
        this.rules.map(({ pattern }) => pattern),
        event,
      );
    this.asked.set(key, known);
    return known;
  }

  private arrived(
    event: Event,
    stack: string,
    { Arn, InputTransformer: transformer }: Rule['targets'][number],
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
        return [{ to: resolved(Arn), as: 'the event itself' }];
      }
      if (hops > 0) {
        throw new Error(`${resolved(Arn)}: EventBridge does not send on what a bus received from another`);
      }
      return this.of(event, next, bus, hops + 1);
    }
    const text = transformed(resolved(transformer?.InputTemplate), transformer?.InputPathsMap ?? {}, event);
    return [{ to: this.who(template, Arn), as: text }];
  }

  /** A topic by the address that it has, a function by its name. */
  private who(template: TemplateObject, arn: unknown): string {
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

  private nameOf(template: TemplateObject, bus: unknown): string {
    const id = logicalId(bus);
    return (id === undefined ? undefined : (template.Resources[id] as Resource).Properties.Name) ?? resolved(bus);
  }
}

function logicalId(value: unknown): string | undefined {
  const reference = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] } | string;
  return typeof reference === 'string' ? undefined : (reference.Ref ?? reference['Fn::GetAtt']?.[0]);
}

function deep(value: unknown, account?: string): unknown {
  if (Array.isArray(value)) {
    return value.map((part) => deep(part, account));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return 'Ref' in value || 'Fn::Join' in value
    ? resolved(value, account)
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, deep(part, account)]));
}

function matches(patterns: readonly object[], event: Event): boolean[] {
  const { status, stdout, stderr } = spawnSync(PYTHON ?? '', [join(__dirname, 'matches.py')], {
    input: JSON.stringify({ patterns, events: [event] }),
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout)[0];
}
