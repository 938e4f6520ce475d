-- dialect: 23
select 1;
select a = b as same, true as yes from t where flag;
create table if not exists t (id number, flag boolean);
drop table if exists t;
select 1 except select 2;
