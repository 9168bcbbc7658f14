//! Accounts, organisations, invitations and keys.

use domain::access::{Permission, Permissions, Principal, Role};
use domain::{ApiKeyId, Email, InvitationId, OrganisationId, SystemEntropy, UserId};
use secrecy::ExposeSecret;
use storage::{
    CreateTenantError, CreateUserError, DeleteOrganisationError, InviteError, MembershipError, NewApiKey,
    NewInvitation, NewTenant, Part, Scope,
};
use tokio::task::JoinSet;

use crate::support::{Platform, member, new_tenant, new_user, now};

fn as_role(organisation: OrganisationId, user: UserId, role: Role) -> Scope {
    Scope::Member { organisation, user: Some(user), role }
}

fn invitation(organisation: OrganisationId, by: UserId, email: &str, role: Role) -> NewInvitation {
    let id = InvitationId::generate(now(), &SystemEntropy);
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(id.uuid().as_bytes());
    let (email, now) = (Email::parse(email).unwrap(), now());
    let expires_at = now + chrono::TimeDelta::days(7);
    NewInvitation { id, organisation, email, role, hash, invited_by: by, now, expires_at }
}

#[tokio::test]
async fn the_operator_survives_the_migration_as_the_owner_of_their_organisation() {
    let platform = Platform::start().await;
    let members =
        platform.api.list_members(Scope::Operator, OrganisationId::OPERATOR, Part::first(10)).await.unwrap().items;
    assert_eq!(members.len(), 1);
    assert_eq!((members[0].user, members[0].role, &members[0].email), (UserId::OPERATOR, Role::Owner, &None));
}

#[tokio::test]
async fn an_account_comes_with_an_organisation_and_an_address_has_one() {
    let platform = Platform::start().await;
    let new = new_user("Ada");
    platform.api.create_user(&new).await.unwrap();
    let organisations = platform.api.organisations_of(new.id).await.unwrap();
    assert_eq!(organisations.len(), 1);
    assert_eq!((organisations[0].id, organisations[0].personal), (new.organisation, true));
    assert_eq!(organisations[0].role, Some(Role::Owner));

    let login = platform.api.find_login(&Email::parse("aDA@example.ORG").unwrap()).await.unwrap().unwrap();
    assert_eq!((login.id, login.email.as_str()), (new.id, "Ada@example.org"));
    assert_eq!(login.password_hash.unwrap().expose_secret(), "the hash of Ada");
    let own = platform.api.password_hash_of(new.id).await.unwrap().unwrap();
    assert_eq!(own.expose_secret(), "the hash of Ada");
    assert_eq!(platform.api.find_user(Scope::User(new.id), new.id).await.unwrap().unwrap().name, "Ada");

    let again = platform.api.create_user(&new_user("ada")).await;
    assert!(matches!(again, Err(CreateUserError::EmailTaken)), "{again:?}");
    assert_eq!(platform.number("SELECT count(*) FROM fresco.organisations WHERE personal").await, 1);
    assert!(platform.api.find_login(&Email::parse("nobody@example.org").unwrap()).await.unwrap().is_none());
    let stranger = platform.user("eve").await;
    assert!(platform.api.find_user(Scope::User(stranger), new.id).await.unwrap().is_none());
}

#[tokio::test]
async fn nobody_gives_or_takes_more_than_they_are() {
    let platform = Platform::start().await;
    let (id, owner) = platform.organisation("lab").await;
    let [admin, guest] = [platform.user("admin").await, platform.user("guest").await];
    let (as_owner, as_admin) = (as_role(id, owner, Role::Owner), as_role(id, admin, Role::Admin));
    let api = &platform.api;
    // A stranger is no operator: nobody adds people by their id alone but one who sees them.
    assert!(api.add_member(as_owner, id, (admin, Role::Admin), now()).await.unwrap());
    assert!(!api.add_member(as_owner, id, (admin, Role::Viewer), now()).await.unwrap());
    assert!(api.add_member(as_admin, id, (guest, Role::Viewer), now()).await.unwrap());
    api.change_role(as_admin, id, (guest, Role::Admin)).await.unwrap();
    for refused in [
        api.change_role(as_admin, id, (guest, Role::Owner)).await,
        api.change_role(as_admin, id, (owner, Role::Viewer)).await,
        api.remove_member(as_admin, id, owner, now()).await,
        api.change_role(as_role(id, guest, Role::Manager), id, (guest, Role::Viewer)).await,
    ] {
        assert!(matches!(refused, Err(MembershipError::AboveYou { .. })), "{refused:?}");
    }
    let elsewhere = api.change_role(as_owner, OrganisationId::OPERATOR, (UserId::OPERATOR, Role::Viewer)).await;
    assert!(matches!(elsewhere, Err(MembershipError::NoOrganisation)), "{elsewhere:?}");
    let nobody = api.remove_member(as_owner, id, UserId::OPERATOR, now()).await;
    assert!(matches!(nobody, Err(MembershipError::NotAMember)), "{nobody:?}");
    assert_eq!(api.role_in(guest, id).await.unwrap(), Some(Role::Admin));
    api.remove_member(as_role(id, guest, Role::Admin), id, guest, now()).await.unwrap();
    assert_eq!(api.role_in(guest, id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_owners_who_leave_at_once_one_stays() {
    let platform = Platform::start().await;
    let (id, first) = platform.organisation("lab").await;
    let mut owners = vec![first];
    for number in 0..3 {
        let user = platform.user(&format!("owner-{number}")).await;
        platform.api.add_member(member(id), id, (user, Role::Owner), now()).await.unwrap();
        owners.push(user);
    }
    let mut leaving = JoinSet::new();
    for (number, owner) in owners.into_iter().enumerate() {
        let (api, scope) = (platform.api.clone(), as_role(id, owner, Role::Owner));
        leaving.spawn(async move {
            if number % 2 == 0 {
                api.remove_member(scope, id, owner, now()).await
            } else {
                api.change_role(scope, id, (owner, Role::Viewer)).await
            }
        });
    }
    let outcomes = leaving.join_all().await;
    let kept = outcomes.iter().filter(|outcome| matches!(outcome, Err(MembershipError::LastOwner))).count();
    assert_eq!(kept, 1, "{outcomes:?}");
    let owners =
        format!("SELECT count(*) FROM fresco.memberships WHERE organisation_id = '{}' AND role = 'owner'", id.uuid());
    assert_eq!(platform.number(&owners).await, 1);
}

#[tokio::test]
async fn an_organisation_is_handed_over_whole() {
    let platform = Platform::start().await;
    let (id, owner) = platform.organisation("lab").await;
    let heir = platform.user("heir").await;
    let api = &platform.api;
    let scope = as_role(id, owner, Role::Owner);
    let stranger = api.transfer_ownership(scope, id, Some(owner), heir).await;
    assert!(matches!(stranger, Err(MembershipError::NotAMember)), "{stranger:?}");
    api.add_member(scope, id, (heir, Role::Viewer), now()).await.unwrap();
    let usurper = api.transfer_ownership(as_role(id, heir, Role::Admin), id, None, heir).await;
    assert!(matches!(usurper, Err(MembershipError::AboveYou { .. })), "{usurper:?}");
    api.transfer_ownership(scope, id, Some(owner), heir).await.unwrap();
    let roles = (api.role_in(owner, id).await.unwrap(), api.role_in(heir, id).await.unwrap());
    assert_eq!(roles, (Some(Role::Admin), Some(Role::Owner)));

    let personal = api.organisations_of(owner).await.unwrap()[0].id;
    let scope = as_role(personal, owner, Role::Owner);
    api.add_member(scope, personal, (heir, Role::Admin), now()).await.unwrap();
    for refused in [
        api.transfer_ownership(scope, personal, Some(owner), heir).await,
        api.change_role(scope, personal, (heir, Role::Owner)).await,
    ] {
        assert!(matches!(refused, Err(MembershipError::Personal)), "{refused:?}");
    }
}

#[tokio::test]
async fn nobody_comes_back_by_what_who_has_left_invited_them_to() {
    let platform = Platform::start().await;
    let (id, owner) = platform.organisation("lab").await;
    let [admin, again] = [platform.user("admin").await, platform.user("again").await];
    let (as_owner, as_admin) = (as_role(id, owner, Role::Owner), as_role(id, admin, Role::Admin));
    let api = &platform.api;
    api.add_member(as_owner, id, (admin, Role::Admin), now()).await.unwrap();
    for _ in 0..2 {
        let way_back = invitation(id, admin, "again@example.org", Role::Admin);
        api.create_invitation(as_admin, &way_back, &[]).await.unwrap();
        api.change_role(as_owner, id, (admin, Role::Viewer)).await.unwrap();
        assert_eq!(api.accept_invitation(again, way_back.hash, now()).await.unwrap(), None, "its maker is less now");
        api.change_role(as_owner, id, (admin, Role::Admin)).await.unwrap();
    }
    let way_back = invitation(id, admin, "again@example.org", Role::Admin);
    api.create_invitation(as_admin, &way_back, &[]).await.unwrap();
    api.remove_member(as_owner, id, admin, now()).await.unwrap();
    assert_eq!(api.accept_invitation(again, way_back.hash, now()).await.unwrap(), None, "its maker has left");
}

#[tokio::test]
async fn who_ends_their_account_takes_nobody_elses_organisation_along() {
    let platform = Platform::start().await;
    let [ada, bea] = [platform.user("ada").await, platform.user("bea").await];
    let api = &platform.api;
    let home = api.organisations_of(ada).await.unwrap()[0].id;
    api.add_member(as_role(home, ada, Role::Owner), home, (bea, Role::Viewer), now()).await.unwrap();
    api.delete_user(bea, (None, now())).await.unwrap();
    let kept = api.organisations_of(ada).await.unwrap();
    assert_eq!(kept.iter().map(|organisation| organisation.id).collect::<Vec<_>>(), [home]);
}

#[tokio::test]
async fn an_invitation_is_good_once_for_its_address_and_for_a_time() {
    let platform = Platform::start().await;
    let (id, owner) = platform.organisation("lab").await;
    let [guest, eve] = [platform.user("guest").await, platform.user("eve").await];
    let api = &platform.api;
    let scope = as_role(id, owner, Role::Owner);
    let first = invitation(id, owner, "Guest@example.org", Role::Member);
    let second = invitation(id, owner, "guest@EXAMPLE.org", Role::Manager);
    api.create_invitation(scope, &first, &[]).await.unwrap();
    api.create_invitation(scope, &second, &[]).await.unwrap();
    let open = api.list_invitations(scope, id, now(), Part::first(10)).await.unwrap().items;
    assert_eq!(open.iter().map(|open| open.id).collect::<Vec<_>>(), [second.id], "the newer one replaces the older");

    assert_eq!(api.accept_invitation(guest, first.hash, now()).await.unwrap(), None, "revoked");
    assert_eq!(api.accept_invitation(eve, second.hash, now()).await.unwrap(), None, "another address");
    assert_eq!(api.accept_invitation(guest, [9; 32], now()).await.unwrap(), None, "unknown");
    assert_eq!(api.accept_invitation(guest, second.hash, second.expires_at).await.unwrap(), None, "expired");
    let unverify = format!("UPDATE fresco.users SET email_verified_at = NULL WHERE id = '{}'", guest.uuid());
    platform.sql(&unverify).await;
    assert_eq!(api.accept_invitation(guest, second.hash, now()).await.unwrap(), None, "perhaps not their address");
    platform.sql("UPDATE fresco.users SET email_verified_at = now()").await;
    assert_eq!(api.role_in(guest, id).await.unwrap(), None);

    assert_eq!(api.accept_invitation(guest, second.hash, now()).await.unwrap(), Some((id, Role::Manager)));
    assert_eq!(api.accept_invitation(guest, second.hash, now()).await.unwrap(), None, "used");
    assert_eq!(api.role_in(guest, id).await.unwrap(), Some(Role::Manager));
    let known = api.create_invitation(scope, &invitation(id, owner, "guest@example.org", Role::Viewer), &[]).await;
    assert!(matches!(known, Err(InviteError::AlreadyAMember)), "{known:?}");
    let third = invitation(id, owner, "eve@example.org", Role::Viewer);
    api.create_invitation(scope, &third, &[]).await.unwrap();
    assert!(api.revoke_invitation(scope, (id, third.id), now()).await.unwrap());
    assert!(!api.revoke_invitation(scope, (id, third.id), now()).await.unwrap());
    assert_eq!(api.accept_invitation(eve, third.hash, now()).await.unwrap(), None);
    let above = invitation(id, guest, "eve@example.org", Role::Owner);
    let above = api.create_invitation(as_role(id, guest, Role::Admin), &above, &[]).await;
    assert!(matches!(above, Err(InviteError::Membership(MembershipError::AboveYou { .. }))), "{above:?}");
}

fn key(organisation: OrganisationId, user: Option<UserId>, maker: UserId, scopes: &[Permission]) -> NewApiKey {
    NewApiKey {
        id: ApiKeyId::generate(now(), &SystemEntropy),
        organisation,
        user,
        maker,
        name: "ci".to_owned(),
        hash: [7; 32],
        scopes: scopes.iter().copied().collect(),
        now: now(),
        expires_at: None,
    }
}

#[tokio::test]
async fn a_key_is_as_good_as_whom_it_acts_for() {
    let platform = Platform::start().await;
    let (id, owner) = platform.organisation("lab").await;
    let guest = platform.user("guest").await;
    let api = &platform.api;
    let (as_owner, as_guest) = (as_role(id, owner, Role::Owner), as_role(id, guest, Role::Viewer));
    api.add_member(as_owner, id, (guest, Role::Viewer), now()).await.unwrap();
    let ours = key(id, None, owner, &[Permission::TenantView, Permission::TenantConfigure]);
    let theirs = key(id, Some(guest), guest, &[Permission::TenantView, Permission::TenantOperate]);
    api.create_api_key(as_owner, &ours).await.unwrap();
    api.create_api_key(as_guest, &theirs).await.unwrap();
    api.create_api_key(as_guest, &key(id, None, guest, &[Permission::TenantView])).await.unwrap_err();
    api.create_api_key(as_guest, &key(id, Some(owner), owner, &[Permission::TenantView])).await.unwrap_err();

    let shown = api.find_api_key(ours.id).await.unwrap().unwrap();
    assert_eq!((shown.caller.organisation, shown.caller.role), (Some(id), Some(Role::Manager)));
    assert_eq!(shown.caller.principal, Principal::ApiKey { key: ours.id, user: None, maker: owner });
    let shown = async || api.find_api_key(theirs.id).await.unwrap();
    assert_eq!(shown().await.unwrap().caller.role, Some(Role::Viewer));
    assert!(shown().await.unwrap().caller.may(Permission::TenantOperate).is_err(), "a viewer's key is a viewer");
    api.change_role(as_owner, id, (guest, Role::Member)).await.unwrap();
    assert!(shown().await.unwrap().caller.may(Permission::TenantOperate).is_ok());

    let listed = async |scope| {
        api.list_api_keys(scope, id, None, Part::first(10))
            .await
            .unwrap()
            .items
            .into_iter()
            .map(|key| key.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(as_owner).await, [ours.id, theirs.id]);
    assert_eq!(listed(as_guest).await, [theirs.id]);
    assert_eq!(api.list_api_keys(as_owner, id, Some(owner), Part::first(10)).await.unwrap().items, []);
    assert!(!api.revoke_api_key(as_owner, (id, theirs.id), Some(owner), now()).await.unwrap());
    api.touch_api_key(ours.id, now()).await.unwrap();
    assert!(api.list_api_keys(as_owner, id, None, Part::first(10)).await.unwrap().items[0].last_used_at.is_some());
    assert!(!api.revoke_api_key(as_guest, (id, ours.id), None, now()).await.unwrap());
    assert!(api.revoke_api_key(as_owner, (id, ours.id), None, now()).await.unwrap());
    assert!(api.find_api_key(ours.id).await.unwrap().is_none());
    api.remove_member(as_guest, id, guest, now()).await.unwrap();
    assert!(shown().await.is_none());
    api.add_member(as_owner, id, (guest, Role::Owner), now()).await.unwrap();
    assert!(shown().await.is_none(), "it does not come alive again");
    assert_eq!(Permissions::all().least(), Role::Owner);
}

#[tokio::test]
async fn only_an_empty_organisation_goes_and_takes_its_doors_with_it() {
    let platform = Platform::start().await;
    let (id, owner) = platform.organisation("lab").await;
    let api = &platform.api;
    let scope = as_role(id, owner, Role::Owner);
    let tenant = |name: &str| NewTenant { organisation: id, owner, ..new_tenant(name) };
    let there = api.create_tenant(scope, tenant("study")).await.unwrap();
    let full = api.delete_organisation(scope, id, now()).await;
    assert!(matches!(full, Err(DeleteOrganisationError::NotEmpty(1))), "{full:?}");
    let bury = "UPDATE fresco.tenants SET status = 'destroyed', desired_state = 'destroyed', destroy_after = now(),
                       destroyed_at = now()";
    platform.sql(bury).await;
    let (key, invited) =
        (key(id, None, owner, &[Permission::TenantView]), invitation(id, owner, "eve@example.org", Role::Owner));
    api.create_api_key(scope, &key).await.unwrap();
    api.create_invitation(scope, &invited, &[]).await.unwrap();
    assert!(api.rename_organisation(scope, id, "Laboratory").await.unwrap());
    api.delete_organisation(scope, id, now()).await.unwrap();

    let eve = platform.user("eve").await;
    assert_eq!(api.accept_invitation(eve, invited.hash, now()).await.unwrap(), None);
    assert!(api.find_api_key(key.id).await.unwrap().is_none());
    assert_eq!(api.role_in(owner, id).await.unwrap(), None);
    assert_eq!(api.find_organisation(Scope::Operator, id).await.unwrap(), None);
    let late = api.create_tenant(scope, tenant("late")).await;
    assert!(matches!(late, Err(CreateTenantError::NoOrganisation)), "{late:?}");
    assert!(api.find_tenant(Scope::Operator, there.id).await.unwrap().is_some(), "its history stays");
    let personal = api.organisations_of(owner).await.unwrap()[0].id;
    let kept = api.delete_organisation(as_role(personal, owner, Role::Owner), personal, now()).await;
    assert!(matches!(kept, Err(DeleteOrganisationError::Personal)), "{kept:?}");
}
