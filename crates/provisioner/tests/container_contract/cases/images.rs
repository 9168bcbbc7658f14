use bytes::Bytes;
use domain::image::{ImageId, ImageReference};
use domain::quantity;
use domain::tenant::ContainerState;
use provisioner::container::{ContainerName, EngineError, ImageName, Phase};

use crate::bench::{Bench, eventually};
use crate::program::Program;

fn missing() -> ImageId {
    ImageId::parse(&format!("sha256:{}", "0".repeat(64))).unwrap()
}

pub(crate) async fn are_found_by_reference_and_by_id(bench: &Bench) {
    let by_reference = bench.engine.find_image(ImageName::Reference(&bench.reference)).await.unwrap().unwrap();
    assert_eq!((by_reference.id, by_reference.digest), (bench.image.clone(), None));
    let by_id = bench.engine.find_image(ImageName::Id(&bench.image)).await.unwrap().unwrap();
    assert_eq!((by_id.id, by_id.digest), (bench.image.clone(), None));
    let other_tag = ImageReference::parse(&format!("{}:other", bench.reference.repository())).unwrap();
    assert_eq!(bench.engine.find_image(ImageName::Reference(&other_tag)).await, Ok(None));
    let digest = format!("{}@{}", bench.reference.repository(), missing());
    let other_digest = ImageReference::parse(&digest).unwrap();
    assert_eq!(bench.engine.find_image(ImageName::Reference(&other_digest)).await, Ok(None));
    assert_eq!(bench.engine.find_image(ImageName::Id(&missing())).await, Ok(None));
}

/// A registry that is there and lacks it is the registry's test; one that is not there may come back.
pub(crate) async fn are_not_found_in_a_registry_that_lacks_them(bench: &Bench) {
    let nowhere = ImageReference::parse("127.0.0.1:9/team/app:1").unwrap();
    let answer = bench.engine.pull_image(&nowhere, &|_| {}).await;
    assert!(matches!(answer, Err(EngineError::NotFound { .. } | EngineError::Unavailable { .. })), "{answer:?}");
    assert_eq!(bench.engine.find_image(ImageName::Reference(&nowhere)).await, Ok(None));
}

pub(crate) async fn tell_what_they_give_to_containers(bench: &Bench) {
    for name in [ImageName::Reference(&bench.reference), ImageName::Id(&bench.image)] {
        let image = bench.engine.find_image(name).await.unwrap().unwrap();
        assert_eq!(
            (&image.labels[..], &image.volumes[..]),
            (&["contract.image".to_owned()][..], &["/data".to_owned()][..])
        );
        assert_eq!(image.usurps(), None);
    }
}

pub(crate) async fn hand_out_files_without_being_run(bench: &Bench) {
    let read = async |path, limit| bench.engine.read_image_file(&bench.image, path, quantity::Bytes(limit)).await;
    assert_eq!(read("/app/package.json", 2).await, Ok(Some(b"{}".to_vec())));
    assert_eq!(read("/app/none.json", 100).await, Ok(None));
    assert!(matches!(read("/app/package.json", 1).await, Err(EngineError::Refused { .. })));
    assert!(matches!(read("/app/large", 100).await, Err(EngineError::Refused { .. })));
    let gone = bench.engine.read_image_file(&missing(), "/app/package.json", quantity::Bytes(100)).await;
    assert!(matches!(gone, Err(EngineError::NotFound { .. })), "{gone:?}");
    assert_eq!(bench.hands.count_containers(), 0, "what was made to read it is gone");
}

pub(crate) async fn are_left_no_readers_that_died(bench: &Bench) {
    let (serving, _id) = bench.started(Phase::Serve, Program::Sleeps).await;
    let foreign = ContainerName::release(serving.owner.tenant, 9);
    bench.hands.plant_container(&foreign);
    let before = bench.hands.count_containers();
    bench.hands.abandon_reader(&format!("{}-reader", bench.platform.as_str()));
    assert_eq!(bench.hands.count_containers(), before + 1);
    let impatient = bench.hands.reconnect_impatiently().await;
    eventually("the end of what was left", || async {
        impatient.remove_abandoned_readers().await.unwrap();
        (bench.hands.count_containers() == before).then_some(())
    })
    .await;
    let state = bench.state(&serving.name).await;
    assert!(matches!(state, Some(ContainerState::Running { .. })), "a tenant's: {state:?}");
    let found = bench.engine.find_container(&foreign).await.unwrap().unwrap();
    assert_eq!(found.owner, None, "somebody else's");
    bench.engine.remove_container(&found.id).await.unwrap();
}

/// An archive with one file in it.
fn root() -> Bytes {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o755);
    header.set_size(2);
    archive.append_data(&mut header, "program", &b"{}"[..]).unwrap();
    archive.into_inner().unwrap().into()
}

pub(crate) async fn of_our_own_are_made_once_and_removed_when_superseded(bench: &Bench) {
    let engine = &bench.engine;
    let named = |tag: &str| ImageReference::parse(&format!("{}-own:{tag}", bench.reference.repository())).unwrap();
    let (old, new) = (named("old"), named("new"));
    assert!(matches!(
        engine.import_image(&old, Bytes::from_static(b"no archive")).await,
        Err(EngineError::Refused { .. })
    ));
    let made = engine.import_image(&old, root()).await.unwrap();
    assert_eq!(engine.import_image(&old, root()).await.unwrap().id, made.id);
    assert!(made.usurps().is_some(), "nobody else's container is made of it");
    engine.import_image(&new, root()).await.unwrap();
    engine.remove_own_images(Some(&new)).await.unwrap();
    assert_eq!(engine.find_image(ImageName::Reference(&old)).await, Ok(None));
    assert!(engine.find_image(ImageName::Reference(&new)).await.unwrap().is_some());
    engine.remove_own_images(None).await.unwrap();
    assert_eq!(engine.find_image(ImageName::Reference(&new)).await, Ok(None));
    assert!(engine.find_image(ImageName::Id(&bench.image)).await.unwrap().is_some(), "an app's image isn't ours");
}
