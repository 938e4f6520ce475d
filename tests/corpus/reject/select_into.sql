-- expect: ORA-00905 2:10
select a into b from t
