import { Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import {
  ConfigurationSet,
  EmailIdentity,
  EmailSendingEvent,
  EventDestination,
  Identity,
} from 'aws-cdk-lib/aws-ses'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { variables } from '../functions/config/environment.ts'
import { accept } from './findings.ts'
import { type Stage, stackName } from './stages.ts'

/**
 * SES: the domain that sends, and a topic that is told of bounces and complaints. Nothing is tracked:
 * neither opens nor clicks, which would lead links over an address that is not ours.
 */
export function mail(scope: Construct, stage: Stage): void {
  if (stage.mailFrom === '') return
  const parent = new Construct(scope, 'Mail')
  const bounces = new Topic(parent, 'Bounces', { enforceSSL: true })
  accept(bounces, 'AwsSolutions-SNS2', 'It holds what SES tells of addresses, for a moment.')
  const set = new ConfigurationSet(parent, 'ConfigurationSet', {
    configurationSetName: configurationSetName(stage),
  })
  set.addEventDestination('Told', {
    destination: EventDestination.snsTopic(bounces),
    events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT],
  })
  new EmailIdentity(parent, 'Identity', {
    identity: Identity.domain(domainOf(stage)),
    configurationSet: set,
  })
}

/** What the sending function is told. */
export function mailSettings(stage: Stage): Record<string, string> {
  return {
    [variables.mailFrom]: stage.mailFrom,
    [variables.configurationSet]: configurationSetName(stage),
    ...(stage.appUrl && { [variables.appUrl]: stage.appUrl }),
  }
}

/** It sends from the one domain, with the one configuration set. */
export function sendingStatement(scope: Construct, stage: Stage): PolicyStatement {
  const arn = (resource: string, resourceName: string) =>
    Stack.of(scope).formatArn({ service: 'ses', resource, resourceName })
  return new PolicyStatement({
    actions: ['ses:SendEmail'],
    resources: [
      arn('identity', domainOf(stage)),
      arn('configuration-set', configurationSetName(stage)),
    ],
  })
}

function configurationSetName(stage: Stage): string {
  return stackName(stage)
}

function domainOf({ mailFrom }: Stage): string {
  return mailFrom.replace(/^.*@/, '').replace(/>$/, '')
}
