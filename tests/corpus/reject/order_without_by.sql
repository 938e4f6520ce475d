-- expect: ORA-00924 2:23
select a from t order a
