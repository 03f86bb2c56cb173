//! The mailer's calls: `Query` and `TransactWriteItems` of `DynamoDB`, `Publish` of SNS.

use jiff::SignedDuration;
use serde_json::{Value, json};
use stagecert::aws::{Aws, LiveEmails};
use stagecert::deadline::Deadline;
use stagecert::mailer::store::{Item, Store, Topics, Write};
use stagecert::resources::account_region::AccountRegion;

use crate::replay::{KEY_ID, Response, Wire, account_region, noon};

const TABLE: &str = "stagecert-emails";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:security";

fn emails<'a>(aws: &Aws, home: &'a AccountRegion) -> LiveEmails<'a> {
    LiveEmails::new(aws, TABLE, home, Deadline::none())
}

fn item(sort: &str, text: &str) -> Item {
    let expires = noon() + SignedDuration::from_hours(1);
    Item { partition: "urgent".into(), sort: sort.into(), text: text.into(), expires }
}

fn stored(sort: &str, text: &str) -> Value {
    json!({"pk": {"S": "urgent"}, "sk": {"S": sort}, "text": {"S": text}, "expires": {"N": "1795266000"}})
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_a_partition_are_read_consistently() {
    let key = json!({"pk": {"S": "urgent"}, "sk": {"S": "a"}});
    let next = key.clone();
    let wire = Wire::responding(move |_, n| {
        Response::ok(match n {
            0 => json!({"Items": [stored("a", "1")], "Count": 1, "LastEvaluatedKey": next}),
            _ => json!({"Items": [stored("b", "2")], "Count": 1}),
        })
    });
    let (aws, home) = (wire.aws(), account_region());
    let items = emails(&aws, &home).items("urgent", Some("_"), 3).await.unwrap();
    assert_eq!(items, [item("a", "1"), item("b", "2")]);
    let [first, second] = wire.sent().try_into().unwrap();
    assert_eq!(first.header("x-amz-target"), "DynamoDB_20120810.Query");
    assert_eq!(first.header("content-type"), "application/x-amz-json-1.0");
    assert_eq!(first.host, "dynamodb.eu-west-1.amazonaws.com");
    assert!(first.is_signed_by(KEY_ID, "eu-west-1"));
    let mut expected = json!({
        "TableName": TABLE, "ConsistentRead": true, "Limit": 3, "KeyConditionExpression": "pk = :pk AND sk > :after",
        "ExpressionAttributeValues": {":pk": {"S": "urgent"}, ":after": {"S": "_"}},
    });
    assert_eq!(first.json(), expected);
    expected["ExclusiveStartKey"] = key;
    assert_eq!(second.json(), expected);

    let wire = Wire::responding(|_, _| Response::ok(json!({"Items": [], "Count": 0})));
    assert_eq!(emails(&wire.aws(), &home).items("urgent", None, 3).await.unwrap(), []);
    assert_eq!(wire.sent()[0].json()["KeyConditionExpression"], "pk = :pk");

    // Nothing more is read than was asked for.
    let wire = Wire::responding(|_, _| {
        let key = json!({"pk": {"S": "urgent"}, "sk": {"S": "b"}});
        Response::ok(json!({"Items": [stored("a", "1"), stored("b", "2")], "LastEvaluatedKey": key}))
    });
    assert_eq!(emails(&wire.aws(), &home).items("urgent", None, 1).await.unwrap(), [item("a", "1")]);
    assert_eq!(wire.sent().len(), 1);

    // A repeated page is an error and not an endless loop.
    let wire = Wire::responding(|_, _| {
        Response::ok(json!({"Items": [], "Count": 0, "LastEvaluatedKey": {"pk": {"S": "urgent"}}}))
    });
    emails(&wire.aws(), &home).items("urgent", None, 3).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn changes_are_one_transaction_that_an_item_can_prevent() {
    let wire = Wire::responding(|_, _| Response::ok(json!({})));
    let (aws, home) = (wire.aws(), account_region());
    let delete = Write::Delete { partition: "urgent".into(), sort: "c".into() };
    let writes = [Write::PutNew(item("a", "1")), Write::Put(item("b", "")), delete];
    assert!(emails(&aws, &home).write(&writes, noon()).await.unwrap());
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(sent.header("x-amz-target"), "DynamoDB_20120810.TransactWriteItems");
    assert_eq!(
        sent.json(),
        json!({"TransactItems": [
            {"Put": {
                "TableName": TABLE, "Item": stored("a", "1"),
                "ConditionExpression": "attribute_not_exists(pk) OR expires <= :now",
                "ExpressionAttributeValues": {":now": {"N": "1795262400"}},
            }},
            {"Put": {"TableName": TABLE, "Item": stored("b", "")}},
            {"Delete": {"TableName": TABLE, "Key": {"pk": {"S": "urgent"}, "sk": {"S": "c"}}}},
        ]})
    );
    let reasons = "Transaction cancelled, please refer cancellation reasons for specific reasons";
    for (reason, expected) in [
        ("[ConditionalCheckFailed, None]", Some(false)),
        ("[None, ConditionalCheckFailed]", Some(false)),
        ("[TransactionConflict, None]", None),
    ] {
        let message = format!("{reasons} {reason}");
        let wire = Wire::responding(move |_, _| {
            Response::error(400, "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", &message)
        });
        let written = emails(&wire.aws(), &home).write(&writes, noon()).await;
        match expected {
            Some(expected) => assert_eq!(written.unwrap(), expected, "{reason}"),
            None => assert_eq!(written.unwrap_err().code(), Some("TransactionCanceledException"), "{reason}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_email_is_a_form_and_an_error_names_the_topic() {
    let wire = Wire::responding(|_, _| Response::ok("<PublishResponse/>"));
    let (aws, home) = (wire.aws(), account_region());
    emails(&aws, &home).publish(TOPIC, "HIGH: a/b", "é & =\nb").await.unwrap();
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!((sent.host.as_str(), sent.path.as_str()), ("sns.eu-west-1.amazonaws.com", "/"));
    assert_eq!(sent.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(
        sent.body,
        "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A111122223333%3Asecurity\
         &Subject=HIGH%3A%20a%2Fb&Message=%C3%A9%20%26%20%3D%0Ab"
    );

    let error = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist</Message>\
                 </Error></ErrorResponse>";
    let wire = Wire::responding(move |_, _| Response::of(404, error));
    let failure = emails(&wire.aws(), &home).publish(TOPIC, "s", "b").await.unwrap_err();
    assert_eq!(failure.code(), Some("NotFound"));
    let expected = format!(
        "Publish of {TOPIC} in account 111122223333, Region eu-west-1: NotFound: Topic does not exist"
    );
    assert_eq!(failure.to_string(), expected);
}
