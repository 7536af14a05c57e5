create database penstock
